import json

import pytest

from kseg.dataset import Regions
from kseg.recipe import load_recipe
from kseg.workflow.identity import data_identity, recipe_identity
from tests.plugins.packages import install


def of(*words):
    return recipe_identity(load_recipe("hippocampus", words).recipe)


@pytest.mark.parametrize(
    "word",
    [
        "name=other", "data.root=elsewhere", "evaluate.tolerance_mm=9", "fit.threads=1",
        "fit.steps=7", "fit.epochs=7", "fit.budget=8m", "patches.ram=1G",
    ],
)  # fmt: skip
def test_what_changes_no_weight_of_the_steps_that_are_done_is_left_out(word):
    assert of(word) == of()


def test_a_key_that_is_null_is_as_good_as_not_there():
    """Else every key that a new release knows would be a change of every recipe."""
    assert "fit.ema" not in of("fit.ema=null")["recipe"] and "fit.ema" in of()["recipe"]
    assert None not in of()["recipe"].values()


@pytest.mark.parametrize(
    "word",
    ["fit.seed=2", "model.depth=3", "optimizer.learning_rate=1e-3", "fit.ema=0.9", "data.fold=1"],
)
def test_any_other_key_is_part_of_it(word):
    key, _, value = word.partition("=")
    assert of(word) != of() and of(word)["recipe"][key] == json.loads(value)


def test_another_version_of_a_plug_in_is_part_of_it(tmp_path, monkeypatch):
    seen = []
    for version in ("1.0", "1.1"):
        folder = tmp_path / version
        folder.mkdir()
        install(folder, "their-parts", "their_parts", "[kseg.losses]\nL = their_parts:Loss\n",
                version=version)  # fmt: skip
        with monkeypatch.context() as context:
            context.syspath_prepend(folder)
            seen.append(of("loss.plugins={a: {name: L}}"))
    assert seen[0]["recipe"] == seen[1]["recipe"]
    assert [each["plugins"][0][2] for each in seen] == ["1.0", "1.1"]


def test_regions_that_a_dataset_json_declares_are_part_of_it():
    regions = [Regions(("whole", "core"), ((1, 2), (2,)), (1, n)).to_dict() for n in (2, 1)]
    seen = [data_identity((), (), {}, {}, regions=r)["regions"] for r in (None, *regions)]
    assert seen[0] is None and seen[1] != seen[2]


def test_it_comes_back_from_a_file_as_it_was():
    identity = of() | data_identity(("background", "a"), ("CT",), {"x": "1"}, {})
    assert json.loads(json.dumps(identity)) == identity
