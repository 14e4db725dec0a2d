import json
import os

import pytest

from kseg.storage import (
    append_line,
    atomic_path,
    create_file,
    disk,
    make_folder,
    write_bytes,
    write_json,
    write_text,
)

STEPS = ("write", "flush_file", "rename", "make_folder", "flush_folder")


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_what_is_written_is_read_back(tmp_path):
    write_bytes(tmp_path / "a.bin", b"\0\xff")
    write_text(tmp_path / "a.txt", "größer\n")
    write_json(tmp_path / "a.json", {"z": 1, "a": [1.5, None, "é"]})
    assert (tmp_path / "a.bin").read_bytes() == b"\0\xff"
    assert (tmp_path / "a.txt").read_bytes() == "größer\n".encode()
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text.endswith("}\n") and list(json.loads(text)) == ["z", "a"] and "é" in text
    assert files_in(tmp_path) == ["a.bin", "a.json", "a.txt"]


def test_parts_are_written_one_after_the_other(tmp_path):
    write_bytes(tmp_path / "a", b"head", memoryview(bytearray(b"er")), b"")
    assert (tmp_path / "a").read_bytes() == b"header"


def test_missing_folders_are_made(tmp_path):
    write_bytes(tmp_path / "a" / "b" / "c", b"1")
    assert make_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b" / "c").read_bytes() == b"1"


def test_the_temporary_path_is_a_neighbour_with_the_same_suffixes(tmp_path):
    with atomic_path(tmp_path / "mask.nii.gz") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffixes[-2:] == [".nii", ".gz"]
        assert temporary.name != "mask.nii.gz"
        temporary.write_bytes(b"1")
    assert files_in(tmp_path) == ["mask.nii.gz"]


def test_an_interrupted_block_keeps_the_old_file_and_leaves_nothing(tmp_path):
    write_text(tmp_path / "a", "old")
    with pytest.raises(KeyboardInterrupt), atomic_path(tmp_path / "a") as temporary:
        temporary.write_text("half of the n")
        raise KeyboardInterrupt
    assert (tmp_path / "a").read_text() == "old"
    assert files_in(tmp_path) == ["a"]


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    with atomic_path(tmp_path / "gen-1") as temporary:
        (temporary / "inner").mkdir(parents=True)
        (temporary / "inner" / "w").write_text("1")
    assert files_in(tmp_path) == ["gen-1", "gen-1/inner", "gen-1/inner/w"]
    with pytest.raises(RuntimeError), atomic_path(tmp_path / "gen-2") as temporary:
        temporary.mkdir()
        (temporary / "w").write_text("1")
        raise RuntimeError
    assert "gen-2" not in files_in(tmp_path) and len(files_in(tmp_path)) == 3


def test_json_without_words_for_nan_is_not_written(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"loss": float("nan")})
    assert files_in(tmp_path) == []


def test_a_failure_at_any_step_leaves_the_old_file_or_the_new_one(tmp_path, monkeypatch):
    """Each durable step fails once; afterwards the same call succeeds."""
    counter = {"left": 0}

    def failing(step):
        def run(*arguments):
            counter["left"] -= 1
            if counter["left"] == 0:
                raise OSError(28, "No space left on device")
            return step(*arguments)

        return run

    for name in STEPS:
        monkeypatch.setattr(disk, name, failing(getattr(disk, name)))
    faults = 0
    for k in range(1, 30):
        target = tmp_path / str(k) / "deep" / "file"
        target.parent.parent.mkdir()
        counter["left"] = k
        try:
            write_text(target, "first")
            break
        except OSError:
            faults += 1
            content = target.read_text() if target.exists() else None
            assert content in (None, "first")
            counter["left"] = 10**9
            write_text(target, "second")
            assert files_in(tmp_path / str(k)) == ["deep", "deep/file"]
            assert target.read_text() == "second"
    assert faults == 6


@pytest.mark.skipif(os.name == "nt", reason="Windows has no folder handles")
def test_a_file_system_that_cannot_flush_folders_is_accepted(tmp_path, monkeypatch):
    real = os.fsync

    def fsync(handle):
        if os.path.isdir(f"/proc/self/fd/{handle}"):  # noqa: PTH112
            raise OSError(22, "Invalid argument")
        real(handle)

    monkeypatch.setattr(disk.os, "fsync", fsync)
    write_text(tmp_path / "a", "1")
    assert (tmp_path / "a").read_text() == "1"


def no_second_names(source, target):
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.parametrize("link", [disk.link, no_second_names])
def test_a_new_file_is_made_once_and_never_written_over(tmp_path, monkeypatch, link):
    monkeypatch.setattr(disk, "link", link)
    assert create_file(tmp_path / "deep" / "a", b"first")
    assert not create_file(tmp_path / "deep" / "a", b"second")
    assert files_in(tmp_path) == ["deep", "deep/a"]
    assert (tmp_path / "deep" / "a").read_bytes() == b"first"


def test_a_new_file_that_cannot_be_filled_is_not_there_at_all(tmp_path, monkeypatch):
    def half(path, parts):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "write", half)
    with pytest.raises(OSError, match="No space"):
        create_file(tmp_path / "a", b"whole")
    assert files_in(tmp_path) == []


def test_a_line_after_one_that_was_cut_off_begins_anew(tmp_path):
    log = tmp_path / "log.jsonl"
    append_line(log, "{1}")
    append_line(log, "{ä}")
    with log.open("ab") as file:
        file.write(b"{cut o")
    append_line(log, "{3}")
    assert log.read_text(encoding="utf-8").split("\n") == ["{1}", "{ä}", "{cut o", "{3}", ""]
