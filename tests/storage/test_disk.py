import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kseg.storage import disk


def test_a_file_is_never_written_over(tmp_path):
    disk.write(tmp_path / "a", [b"first"])
    with pytest.raises(FileExistsError):
        disk.write(tmp_path / "a", [b"second"])
    assert (tmp_path / "a").read_bytes() == b"first"


def test_what_several_add_to_a_log_stays_there(tmp_path):
    with disk.open_to_append(tmp_path / "log") as one, disk.open_to_append(tmp_path / "log") as two:
        for file, word in ((one, b"a"), (two, b"b"), (one, b"c")):
            file.write(word)
            file.flush()
    assert (tmp_path / "log").read_bytes() == b"abc"


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


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_G04_where_no_more_can_be_written_the_old_file_stays_and_no_part_of_the_new_one(tmp_path):
    """A real limit of the system on the size of a file, which needs no full disk and no root."""
    (tmp_path / "old.bin").write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-m", "tests.storage.full_disk", str(tmp_path), "100000"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = [line.split(" ", 2) for line in done.stdout.splitlines()]
    assert [(name, int(number)) for name, number, _ in told] == [
        ("old.bin", errno.EFBIG),
        ("new.bin", errno.EFBIG),
    ]
    assert (tmp_path / "old.bin").read_bytes() == b"old"
    assert json.loads((tmp_path / "small.json").read_text()) == {"fits": True}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.bin", "small.json"]
