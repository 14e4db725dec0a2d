import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from kseg.errors import RunFolderError
from kseg.fit import Checkpoint, FitState, read_standing, write_checkpoint
from kseg.fit.checkpoint import read_checkpoint as read
from kseg.storage import sha256_json
from tests.fit.jobs import assert_same_bits


def a_checkpoint(step=1):
    arrays = {
        "model/00000/kernel": np.full((2, 3), step, "float32"),
        "optimizer/00000/iterations": np.array(step, "int64"),
        "seed": np.array([1, 2**32 - 1], "uint32"),
    }
    state = FitState(step=step, total_steps=9, history=[{"epoch": 1, "step": 1}])
    return Checkpoint(state, {"recipe": {"fit.seed": 1}}, arrays)


def read_checkpoint(folder, told=None):
    return read(folder, [].append if told is None else told.append)


def generations(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_was_written_is_read_back_bit_for_bit(tmp_path):
    written = a_checkpoint()
    path = write_checkpoint(tmp_path / "run" / "checkpoints", written)
    assert path.name == "generation-000001"
    found = read_checkpoint(tmp_path / "run" / "checkpoints")
    assert (found.state, found.identity) == (written.state, written.identity)
    assert_same_bits(dict(sorted(found.arrays.items())), dict(sorted(written.arrays.items())))
    assert {name: a.dtype for name, a in found.arrays.items()} == {
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


def make_the_record_a_list(generation):
    (generation / "record.json").write_text("[]")


def change_one_digit_of_the_record(generation):
    file = generation / "record.json"
    text = file.read_text()
    assert '"total_steps": 9' in text
    file.write_text(text.replace('"total_steps": 9', '"total_steps": 8'))


def add_to_the_state(generation):
    """Write a record that belongs to itself and not to this version."""
    file = generation / "record.json"
    record = json.loads(file.read_text())
    record["state"]["mood"] = "good"
    del record["sha256"]
    file.write_text(json.dumps({"sha256": sha256_json(record), **record}))


DAMAGES = [
    flip_a_byte, cut_off, lose_the_arrays, lose_the_record, empty_the_record, spoil_the_record,
    make_the_record_a_list, change_one_digit_of_the_record, add_to_the_state,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_G01_a_damaged_newest_generation_falls_back_to_the_one_before(tmp_path, damage):
    for step in (1, 2):
        newest = write_checkpoint(tmp_path, a_checkpoint(step))
    damage(newest)
    told = []
    assert read_checkpoint(tmp_path, told).state.step == 1
    assert len(told) == 1 and "generation-000002 is damaged" in told[0]
    assert told[0].endswith("goes on from generation-000001 before it")
    assert generations(tmp_path) == ["damaged-000002", "generation-000001"]
    assert read_checkpoint(tmp_path, told).state.step == 1 and len(told) == 1


@pytest.mark.parametrize("damage", DAMAGES[:2])
def test_G01_a_training_without_any_whole_checkpoint_does_not_begin_anew(tmp_path, damage):
    """It would throw hours away without a word."""
    for step in (1, 2):
        damage(write_checkpoint(tmp_path, a_checkpoint(step)))
    with pytest.raises(RunFolderError, match="no checkpoint .* can be used") as refused:
        read_checkpoint(tmp_path)
    assert refused.value.code == "KS-G01" and "--out" in refused.value.fix
    assert "generation-000001: " in refused.value.why and "generation-000002: " in refused.value.why
    assert generations(tmp_path) == ["generation-000001", "generation-000002"]


def test_G01_two_that_are_whole_are_kept_after_a_damaged_one(tmp_path):
    """Regression: the damaged one was kept and the whole one before it removed."""
    for step in (1, 2):
        newest = write_checkpoint(tmp_path, a_checkpoint(step))
    flip_a_byte(newest)
    read_checkpoint(tmp_path)
    path = write_checkpoint(tmp_path, a_checkpoint(3))
    assert path.name == "generation-000003"
    assert generations(tmp_path) == ["damaged-000002", "generation-000001", "generation-000003"]
    flip_a_byte(path)
    assert read_checkpoint(tmp_path).state.step == 1
    assert generations(tmp_path) == ["damaged-000003", "generation-000001"]


def test_a_checkpoint_of_another_release_is_refused_and_left_alone(tmp_path, monkeypatch):
    write_checkpoint(tmp_path, a_checkpoint(1))
    monkeypatch.setattr("kseg.fit.checkpoint.FORMAT_VERSION", 3)
    with pytest.raises(RunFolderError, match="must have the format 3. Received: format 2"):
        read_checkpoint(tmp_path)
    assert generations(tmp_path) == ["generation-000001"]


def test_G02_one_record_holds_all_that_the_arrays_do_not(tmp_path):
    path = write_checkpoint(tmp_path, a_checkpoint(4))
    record = json.loads((path / "record.json").read_text())
    assert set(record) == {"sha256", "format", "identity", "state", "files"}
    described = record["files"]["state.safetensors"]
    assert described["bytes"] == (path / "state.safetensors").stat().st_size
    assert record["state"]["step"] == 4 and record["identity"]["recipe"]["fit.seed"] == 1
    assert sorted(p.name for p in path.iterdir()) == ["record.json", "state.safetensors"]


def test_G14_generations_are_ordered_by_number_whatever_the_clock_says(tmp_path):
    for number in (999_999, 1_000_000):
        path = write_checkpoint(tmp_path, a_checkpoint(number))
        path.rename(tmp_path / f"generation-{number:06d}")
        os.utime(tmp_path / f"generation-{number:06d}", (2_000_000_000 - number,) * 2)
    assert read_checkpoint(tmp_path).state.step == 1_000_000
    assert write_checkpoint(tmp_path, a_checkpoint(3)).name == "generation-1000001"


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


@pytest.mark.parametrize("name", ["state.safetensors", "record.json"])
@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO, errno.EACCES])
def test_G01_a_disk_that_fails_for_once_damages_no_checkpoint(tmp_path, monkeypatch, name, number):
    for step in (1, 2):
        write_checkpoint(tmp_path, a_checkpoint(step))

    def fails(path, *mode, **options):
        if path.name == name:
            raise OSError(number, os.strerror(number))
        return whole(path, *mode, **options)

    whole = Path.open
    with monkeypatch.context() as failing:
        failing.setattr(Path, "open", fails)
        with pytest.raises(RunFolderError, match=os.strerror(number)) as refused:
            read_checkpoint(tmp_path)
    assert refused.value.code == "KS-G01" and "same command again" in refused.value.fix
    assert generations(tmp_path) == ["generation-000001", "generation-000002"]
    assert read_checkpoint(tmp_path).state.step == 2


def test_what_is_hashed_is_what_is_used(tmp_path, monkeypatch):
    """Regression: the arrays were hashed and then read again."""
    write_checkpoint(tmp_path, a_checkpoint(1))
    read_bytes, reads = Path.read_bytes, []

    def once(path):
        content = read_bytes(path)
        reads.append(path)
        path.write_bytes(b"other bytes")
        return content

    monkeypatch.setattr(Path, "read_bytes", once)
    assert_same_bits(dict(read_checkpoint(tmp_path).arrays), a_checkpoint(1).arrays)
    assert [path.name for path in reads] == ["state.safetensors"]


def test_where_a_training_stands_is_read_without_its_arrays_and_changes_nothing(tmp_path):
    assert read_standing(tmp_path) is None
    for step in (1, 2):
        newest = write_checkpoint(tmp_path, a_checkpoint(step))
    flip_a_byte(newest)
    state, identity = read_standing(tmp_path)
    assert state.step == 2 and identity == a_checkpoint(2).identity
    cut_off(newest)
    assert read_standing(tmp_path)[0].step == 1
    lose_the_record(tmp_path / "generation-000001")
    with pytest.raises(RunFolderError, match="no checkpoint .* can be used"):
        read_standing(tmp_path)
    assert generations(tmp_path) == ["generation-000001", "generation-000002"]
