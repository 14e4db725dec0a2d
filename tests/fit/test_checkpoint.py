import json
import logging

import numpy as np
import pytest

from kseg.fit import (
    Checkpoint,
    FitState,
    read_checkpoint,
    restore_arrays,
    training_variables,
    write_checkpoint,
)
from tests.fit.jobs import all_arrays, assert_same_bits, real_model, simple_model


def a_checkpoint(step=1):
    arrays = {
        "model/00000/kernel": np.full((2, 3), step, "float32"),
        "optimizer/00000/iterations": np.array(step, "int64"),
        "seed": np.array([1, 2**32 - 1], "uint32"),
    }
    return Checkpoint(FitState(step=step, total_steps=9, history=[{"epoch": 1}]), "abc", arrays)


def generations(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_was_written_is_read_back_bit_for_bit(tmp_path):
    written = a_checkpoint()
    path = write_checkpoint(tmp_path / "run" / "checkpoints", written)
    assert path.name == "generation-000001"
    read = read_checkpoint(tmp_path / "run" / "checkpoints")
    assert (read.state, read.fingerprint) == (written.state, written.fingerprint)
    assert_same_bits(dict(sorted(read.arrays.items())), dict(sorted(written.arrays.items())))
    assert {name: a.dtype for name, a in read.arrays.items()} == {
        name: a.dtype for name, a in written.arrays.items()
    }


def test_the_newest_two_generations_are_kept(tmp_path):
    for step in range(1, 6):
        write_checkpoint(tmp_path, a_checkpoint(step))
        assert read_checkpoint(tmp_path).state.step == step
    assert generations(tmp_path) == ["generation-000004", "generation-000005"]


def test_without_a_checkpoint_there_is_none(tmp_path):
    assert read_checkpoint(tmp_path) is None
    assert read_checkpoint(tmp_path / "gone") is None


def flip_a_byte(generation):
    file = generation / "state.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


def cut_off(generation):
    file = generation / "state.safetensors"
    file.write_bytes(file.read_bytes()[:-9])


def lose_the_arrays(generation):
    (generation / "state.safetensors").unlink()


def lose_the_record(generation):
    (generation / "record.json").unlink()


def empty_the_record(generation):
    (generation / "record.json").write_text("")


def spoil_the_record(generation):
    (generation / "record.json").write_text('{"sha256": 3}')


def add_to_the_state(generation):
    file = generation / "record.json"
    record = json.loads(file.read_text())
    file.write_text(json.dumps({**record, "state": {**record["state"], "mood": "good"}}))


DAMAGES = [
    flip_a_byte, cut_off, lose_the_arrays, lose_the_record, empty_the_record, spoil_the_record,
    add_to_the_state,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_newest_generation_falls_back_to_the_one_before(tmp_path, damage, caplog):
    for step in (1, 2):
        newest = write_checkpoint(tmp_path, a_checkpoint(step))
    damage(newest)
    with caplog.at_level(logging.WARNING):
        assert read_checkpoint(tmp_path).state.step == 1
    assert "generation-000002 cannot be used" in caplog.text

    damage(tmp_path / "generation-000001")
    assert read_checkpoint(tmp_path) is None


def test_a_write_that_was_cut_short_leaves_the_generations_before(tmp_path, monkeypatch):
    write_checkpoint(tmp_path, a_checkpoint(1))

    def full_disk(path, obj):
        raise OSError("no space left on device")

    monkeypatch.setattr("kseg.fit.checkpoint.write_json", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_checkpoint(tmp_path, a_checkpoint(2))
    assert generations(tmp_path) == ["generation-000001"]
    assert read_checkpoint(tmp_path).state.step == 1


def test_other_things_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "generation-9").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    for step in range(1, 4):
        write_checkpoint(tmp_path, a_checkpoint(step))
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert read_checkpoint(tmp_path).state.step == 3


def test_every_variable_that_training_changes_has_a_name_of_its_own():
    model, _ = real_model(norm="batch", dropout=0.2)
    variables = training_variables(model)
    assert len(variables) == len(model.variables) + len(model.optimizer.variables)
    names = " ".join(variables)
    for part in ("seed_generator_state", "moving_mean", "iteration", "momentum", "average"):
        assert part in names


def test_restored_variables_have_the_bits_of_the_arrays():
    model, _ = simple_model(seed=1, ema=0.9)
    arrays = all_arrays(model)
    other, _ = simple_model(seed=2, ema=0.9)
    restore_arrays(training_variables(other), {**arrays, "best/more": np.zeros(1)})
    assert_same_bits(all_arrays(other), arrays)


@pytest.mark.parametrize("change", ["missing", "shape"])
def test_arrays_that_do_not_fit_are_refused_by_name(change):
    model, _ = simple_model()
    arrays = all_arrays(model)
    name = next(iter(arrays))
    arrays[name] = arrays[name][..., :1]
    if change == "missing":
        del arrays[name]
    with pytest.raises(ValueError, match=f"`arrays` must hold {name} of shape"):
        restore_arrays(training_variables(model), arrays)
