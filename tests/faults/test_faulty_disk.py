"""The faulty disk itself: writing that is not safe does not get past it."""

import pytest

from kseg.storage import atomic_path, disk, remove_file, remove_folder, write_text
from tests.faults.faulty_disk import (
    DISK_FULL,
    INTERRUPT,
    IO_ERROR,
    KILLED,
    POWER_LESS_DATA,
    POWER_LESS_NAMES,
    POWER_LESS_REMOVALS,
    STEPS,
    TORN,
    Died,
    FaultyDisk,
    faults_at,
)

FIRST, SECOND = "first, whole\n", "second, also whole\n"


def contents_after_every_fault(folder, work):
    """What stands in the file `a` after any fault at any step of the work; None for nothing."""
    with pytest.MonkeyPatch.context() as patch:
        steps = FaultyDisk().put_in(patch).steps
        work(start(folder, "undisturbed"))
    found = {}
    for at, step in enumerate(steps, 1):
        for fault in faults_at(step):
            file = start(folder, f"{at} {fault.replace('/', ' ')}")
            with pytest.MonkeyPatch.context() as patch:
                FaultyDisk(fault, at).put_in(patch)
                try:
                    work(file)
                except (Died, OSError, KeyboardInterrupt):
                    pass
            found[at, fault] = file.read_text() if file.exists() else None
    return found


def start(folder, name):
    (folder / name).mkdir()
    file = folder / name / "a"
    file.write_text(FIRST)
    return file


def overwrite(file):
    write_text(file, SECOND)


def overwrite_in_place(file):
    disk.remove_file(file)
    disk.write(file, [SECOND.encode()])
    disk.flush_file(file)
    disk.flush_folder(file.parent)


def test_a_safe_write_leaves_the_old_file_or_the_new_one(tmp_path):
    found = contents_after_every_fault(tmp_path, overwrite)
    assert set(found.values()) == {FIRST, SECOND}
    assert {fault for _, fault in found} >= {KILLED, TORN, POWER_LESS_DATA, POWER_LESS_NAMES}
    assert {fault for _, fault in found} >= {DISK_FULL, IO_ERROR, INTERRUPT}


def test_a_file_that_is_written_in_place_is_found_out(tmp_path):
    found = contents_after_every_fault(tmp_path, overwrite_in_place)
    half = SECOND[: len(SECOND) // 2]
    assert half in {text for (_, fault), text in found.items() if fault == TORN}
    assert half in {text for (_, fault), text in found.items() if fault == POWER_LESS_DATA}
    assert None in {text for (_, fault), text in found.items() if fault == KILLED}


def test_a_file_that_is_renamed_before_it_is_flushed_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr("kseg.storage.atomic._flush_tree", lambda path: None)
    found = contents_after_every_fault(tmp_path, overwrite)
    assert {fault for (_, fault), text in found.items() if text not in (FIRST, SECOND)} == {
        POWER_LESS_DATA
    }


def test_names_that_are_not_flushed_are_found_out(tmp_path, monkeypatch):
    """What was told to be written or removed could be as before after a power cut."""

    def written(file):
        overwrite(file)
        disk.append(file.with_name("log"), b"written")

    def removed(file):
        remove_file(file)
        disk.append(file.with_name("log"), b"removed")

    def at_the_end(name, work):
        (tmp_path / name).mkdir()
        found = contents_after_every_fault(tmp_path / name, work)
        last = max(at for at, _ in found)
        return {text for (at, _), text in found.items() if at == last}

    assert at_the_end("written", written) == {SECOND}
    assert at_the_end("removed", removed) == {None}
    monkeypatch.setattr(FaultyDisk, "_flush_folder", lambda self, path: None)
    assert at_the_end("written, not flushed", written) == {FIRST, SECOND}
    assert at_the_end("removed, not flushed", removed) == {FIRST, None}


@pytest.mark.parametrize("is_safe", [True, False])
def test_a_folder_that_is_removed_file_by_file_is_found_half_empty(tmp_path, is_safe):
    left = set()
    for at in range(1, 8):
        for fault in (KILLED, TORN, POWER_LESS_NAMES, POWER_LESS_REMOVALS, INTERRUPT):
            folder = tmp_path / f"{at} {fault}" / "generation"
            folder.mkdir(parents=True)
            for name in "abcd":
                (folder / name).write_text(name)
            with pytest.MonkeyPatch.context() as patch:
                FaultyDisk(fault, at).put_in(patch)
                try:
                    (remove_folder if is_safe else disk.remove_tree)(folder)
                except (Died, KeyboardInterrupt):
                    pass
            left.add(len(list(folder.iterdir())) if folder.exists() else 0)
    assert left == ({0, 4} if is_safe else {0, 2, 4})


def test_a_dead_process_cleans_nothing_up_and_an_interrupted_one_does(tmp_path):
    for fault, remains in ((KILLED, 1), (INTERRUPT, 0)):
        folder = tmp_path / fault
        folder.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            FaultyDisk(fault, 3).put_in(patch)
            with pytest.raises((Died, KeyboardInterrupt)), atomic_path(folder / "a") as temporary:
                disk.write(temporary, [b"1"])
        assert len(list(folder.iterdir())) == remains


def test_the_faulty_disk_knows_every_step_that_the_real_one_has():

    named = {
        name
        for name, part in vars(disk).items()
        if getattr(part, "__module__", "") == disk.__name__
    }
    assert set(STEPS) == {name for name in named if not name.startswith("_")}
    assert all(hasattr(FaultyDisk, f"_{name}") for name in STEPS)
