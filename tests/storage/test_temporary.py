import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from kseg.storage import FolderLock, process, remove_leftovers
from kseg.storage.process import ProcessIdentity
from kseg.storage.temporary import TEMPORARY_PREFIX, temporary_beside


@pytest.fixture
def dead(monkeypatch):
    """The identity of a process of this machine that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return ProcessIdentity(child.pid, process.this_process().host, "7")


def made_by(monkeypatch, maker, path):
    """A temporary path as another process would have named it."""
    with monkeypatch.context() as patch:
        patch.setattr(process, "this_process", lambda: maker)
        return temporary_beside(path)


@pytest.mark.parametrize("name", ["a", "mask.nii.gz", "1.2.840." * 25 + "7.nii.gz", "é" * 110])
def test_a_temporary_name_is_new_keeps_its_suffixes_and_is_never_too_long(tmp_path, name):
    first, second = (temporary_beside(tmp_path / name) for _ in range(2))
    assert first != second and first.parent == tmp_path
    assert first.suffixes[-2:] == (tmp_path / name).suffixes[-2:]
    first.write_bytes(b"")
    assert len(first.name.encode()) <= 255


def test_a_temporary_name_does_not_tell_the_name_of_the_machine(tmp_path, monkeypatch):
    maker = ProcessIdentity(1, "st-elsewhere-radiology", "9")
    name = made_by(monkeypatch, maker, tmp_path / "a").name
    assert "elsewhere" not in name


def test_what_a_killed_process_left_goes_and_what_a_living_one_writes_stays(
    tmp_path, monkeypatch, dead
):
    ours = temporary_beside(tmp_path / "a.npy")
    ours.write_text("being written")
    left = made_by(monkeypatch, dead, tmp_path / "deep" / "b.npy")
    left.parent.mkdir()
    left.write_text("half")
    tree = made_by(monkeypatch, dead, tmp_path / "generation")
    (tree / "inner").mkdir(parents=True)
    (tree / "inner" / "file").write_text("1")
    (tmp_path / "kept.csv").write_text("1")
    assert remove_leftovers(tmp_path, below=False) == 1 and left.exists() and not tree.exists()
    assert remove_leftovers(tmp_path) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [ours.name, "deep", "kept.csv"]
    )
    assert list((tmp_path / "deep").iterdir()) == []


def test_what_another_machine_left_goes_after_a_week(tmp_path, monkeypatch, dead):
    foreign = made_by(monkeypatch, ProcessIdentity(dead.pid, "elsewhere", "7"), tmp_path / "a")
    unknown = tmp_path / f"{TEMPORARY_PREFIX}0123456789ab-a.csv"  # named by an older kseg
    for path in (foreign, unknown):
        path.write_text("half")
    assert remove_leftovers(tmp_path) == 0
    week_ago = time.time() - 8 * 24 * 3600
    os.utime(unknown, (week_ago, week_ago))
    assert remove_leftovers(tmp_path) == 1 and list(tmp_path.iterdir()) == [foreign]


def test_what_a_container_of_the_same_host_name_writes_is_not_judged(tmp_path, monkeypatch, dead):
    other = made_by(monkeypatch, replace(dead, space="another boot pid:[7]"), tmp_path / "a")
    other.write_text("being written")
    assert remove_leftovers(tmp_path) == 0 and other.exists()


def test_a_folder_with_a_lock_of_its_own_is_left_to_its_owner(tmp_path, monkeypatch, dead):
    left = made_by(monkeypatch, dead, tmp_path / "liver" / "a.csv")
    left.parent.mkdir()
    left.write_text("half")
    with FolderLock(left.parent):
        assert remove_leftovers(tmp_path) == 0 and left.exists()
        assert remove_leftovers(left.parent) == 1


def test_links_are_not_followed_and_a_missing_folder_is_no_fault(tmp_path, monkeypatch, dead):
    (tmp_path / "elsewhere").mkdir()
    made_by(monkeypatch, dead, tmp_path / "elsewhere" / "a").write_text("1")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "link").symlink_to(tmp_path / "elsewhere")
    made_by(monkeypatch, dead, tmp_path / "run" / "link").symlink_to(tmp_path / "elsewhere")
    assert remove_leftovers(tmp_path / "run") == 1
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1
    assert remove_leftovers(tmp_path / "nothing") == 0
