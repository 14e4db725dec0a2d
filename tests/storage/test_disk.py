import pytest

from kseg.storage import disk


def test_a_file_is_never_written_over(tmp_path):
    disk.write(tmp_path / "a", [b"first"])
    with pytest.raises(FileExistsError):
        disk.write(tmp_path / "a", [b"second"])
    assert (tmp_path / "a").read_bytes() == b"first"


def test_a_second_name_never_replaces_another_file(tmp_path):
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    with pytest.raises(FileExistsError):
        disk.link(tmp_path / "a", tmp_path / "b")
    disk.link(tmp_path / "a", tmp_path / "c")
    assert (tmp_path / "b").read_text() == "b" and (tmp_path / "c").read_text() == "a"


def test_what_is_not_there_need_not_be_removed(tmp_path):
    disk.remove_file(tmp_path / "a")
    disk.make_folder(tmp_path / "b")
    disk.make_folder(tmp_path / "b")
    disk.remove_tree(tmp_path / "b")
    assert list(tmp_path.iterdir()) == []
