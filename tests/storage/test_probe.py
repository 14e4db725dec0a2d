import os

import pytest

from kseg.storage import disk, probe_folder


def test_a_folder_that_takes_files_is_made_and_left_empty(tmp_path):
    probe_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_disk_without_room_is_told_and_nothing_stays(tmp_path, monkeypatch):
    real = disk.write

    def full(path, parts):
        real(path, [b"half"])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "write", full)
    with pytest.raises(OSError, match="No space"):
        probe_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_without_rights_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        probe_folder(tmp_path)
