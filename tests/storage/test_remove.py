import pytest

from kseg.storage import disk, remove_file, remove_folder
from kseg.storage.temporary import TEMPORARY_PREFIX


def test_files_and_folders_go_and_what_is_not_there_is_no_fault(tmp_path):
    (tmp_path / "a").write_text("1")
    (tmp_path / "b" / "deep").mkdir(parents=True)
    for _ in range(2):
        remove_file(tmp_path / "a")
        remove_folder(tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_removed_file_cannot_come_back_beside_a_later_one(tmp_path, monkeypatch):
    steps = []
    monkeypatch.setattr(disk, "flush_folder", steps.append)
    (tmp_path / "a").write_text("1")
    remove_file(tmp_path / "a")
    assert steps == [tmp_path]


def test_a_folder_whose_removal_is_cut_short_is_gone_and_its_rest_is_temporary(
    tmp_path, monkeypatch
):
    def half(path):
        (path / "a").unlink()
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(disk, "remove_tree", half)
    folder = tmp_path / "generation-000001"
    folder.mkdir()
    for name in "ab":
        (folder / name).write_text(name)
    remove_folder(folder)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(TEMPORARY_PREFIX) and [p.name for p in left.iterdir()] == ["b"]


def test_a_folder_that_cannot_be_renamed_is_still_whole(tmp_path, monkeypatch):
    def refused(source, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(disk, "rename", refused)
    (tmp_path / "a" / "b").mkdir(parents=True)
    with pytest.raises(PermissionError):
        remove_folder(tmp_path / "a")
    assert (tmp_path / "a" / "b").is_dir()
