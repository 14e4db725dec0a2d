import dataclasses
import shutil

import numpy as np
import pytest

from kseg.bundle import read_model
from kseg.bundle.weights import read_shapes, read_weights
from kseg.storage import disk
from kseg.workflow.keep import keep_outcome
from tests.workflow.tiny import write_model_folder


@pytest.fixture
def outcome(tmp_path):
    """A folder with a model in it, and what it holds."""
    write_model_folder(tmp_path / "run/model")
    found = read_model(tmp_path / "run")
    facts = {
        "history": "epoch\n", "lock": "name: a\n", "description": found.description,
        "weights": read_weights(found.weights, read_shapes(found.weights)),
    }  # fmt: skip
    (tmp_path / "run/recipe.lock.yaml").write_text("name: a\n")
    (tmp_path / "run/validation").mkdir()
    (tmp_path / "run/validation/summary.json").write_text("{}")
    return tmp_path / "run", facts


def test_what_is_there_and_right_is_not_touched(outcome):
    folder, facts = outcome
    before = (folder / "model/weights.safetensors").stat().st_mtime_ns
    assert keep_outcome(folder, **facts) is False
    assert (folder / "model/weights.safetensors").stat().st_mtime_ns == before
    assert (folder / "validation/summary.json").is_file()
    assert (folder / "history.csv").read_text() == "epoch\n"


def lose_the_model(folder, facts):
    shutil.rmtree(folder / "model")


def lose_the_lock(folder, facts):
    (folder / "recipe.lock.yaml").unlink()


def damage_the_weights(folder, facts):
    (folder / "model/weights.safetensors").write_bytes(b"cut off")


def another_recipe(folder, facts):
    facts["lock"] = "name: b\n"


def another_window(folder, facts):
    facts["description"] = dataclasses.replace(facts["description"], patch_size_zyx=(8, 8, 8))


def one_other_bit(folder, facts):
    name = next(iter(facts["weights"]))
    weights = facts["weights"][name].copy()
    weights.flat[0] = np.nextafter(weights.flat[0], np.float32(9))
    facts["weights"] = facts["weights"] | {name: weights}


@pytest.mark.parametrize(
    "change",
    [
        lose_the_model, lose_the_lock, damage_the_weights, another_recipe, another_window,
        one_other_bit,
    ],
)  # fmt: skip
def test_anything_else_is_written_anew_and_has_to_be_validated(outcome, change):
    folder, facts = outcome
    change(folder, facts)
    assert keep_outcome(folder, **facts) is True
    assert not (folder / "validation/summary.json").exists()
    assert keep_outcome(folder, **facts) is False
    assert (folder / "recipe.lock.yaml").read_text() == facts["lock"]
    found = read_model(folder)
    assert found.description.to_dict() == facts["description"].to_dict()


def test_a_summary_never_stands_beside_a_model_that_it_does_not_belong_to(outcome, monkeypatch):
    folder, facts = outcome
    one_other_bit(folder, facts)

    def fail(path, parts):
        # The summary is gone before the first byte of anything else is written.
        assert not (folder / "validation/summary.json").exists() or "history" in path.name
        write(path, parts)

    write = disk.write
    monkeypatch.setattr(disk, "write", fail)
    assert keep_outcome(folder, **facts) is True
