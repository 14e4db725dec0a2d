"""Files that are either the old ones or the new ones, whenever the power goes.

A new file is written beside its place, flushed to the disk, then renamed over it; see
`kseg.storage.disk` for the steps.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from kseg.storage import disk
from kseg.storage.temporary import discard, temporary_beside


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Lend a temporary path that becomes `path` when the block ends well.

    The block may write a file there, or make a folder and fill it. If it raises, what it wrote is
    removed and `path` keeps its old content. A folder can only be put where nothing stands yet.

    Args:
        path: path of the file or folder to be. Missing parent folders are made.

    Yields:
        A path in the same folder, with the same suffixes (`.nii.gz` stays `.nii.gz`).

    Raises:
        OSError: if the disk is full, or the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "numbers.csv"
        >>> with atomic_path(target) as temporary:
        ...     _ = temporary.write_text("1,2,3")
        >>> target.read_text()
        '1,2,3'
    """
    path = Path(path)
    make_folder(path.parent)
    temporary = temporary_beside(path)
    try:
        yield temporary
        _flush_tree(temporary)
        disk.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            discard(temporary)
        raise
    disk.flush_folder(path.parent)


def write_bytes(path: str | Path, *parts: bytes) -> None:
    """Write a file whole or not at all.

    Args:
        path: path of the file. Missing parent folders are made; an old file is replaced.
        *parts: bytes or any C-contiguous buffers, written one after the other.

    Raises:
        OSError: if the disk is full, or the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "a" / "b.bin"
        >>> write_bytes(target, b"kseg")
        >>> target.read_bytes()
        b'kseg'
    """
    with atomic_path(path) as temporary:
        disk.write(temporary, parts)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file whole or not at all, as UTF-8 with the line ends given.

    Args:
        path: path of the file. Missing parent folders are made; an old file is replaced.
        text: str, what the file shall hold.

    Raises:
        OSError: if the disk is full, or the folder cannot be written to.
    """
    write_bytes(path, text.encode())


def write_json(path: str | Path, obj: object) -> None:
    r"""Write plain data as indented JSON, whole or not at all, keys in the order given.

    Args:
        path: path of the file. Missing parent folders are made; an old file is replaced.
        obj: anything that JSON can hold. NaN and infinity are refused: JSON has no word for them.

    Raises:
        OSError: if the disk is full, or the folder cannot be written to.
        TypeError: if `obj` holds something that JSON cannot.
        ValueError: if `obj` holds NaN or infinity.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "summary.json"
        >>> write_json(target, {"cases": 2})
        >>> target.read_text()
        '{\n  "cases": 2\n}\n'
    """
    write_text(path, json.dumps(obj, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def create_file(path: str | Path, data: bytes) -> bool:
    """Write a new file whole or not at all, and never over another one.

    Args:
        path: path of the file. Missing parent folders are made.
        data: bytes.

    Returns:
        bool, False if there is something of this name already, which stays as it is.

    Raises:
        OSError: if the disk is full, or the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "a"
        >>> create_file(target, b"first"), create_file(target, b"second")
        (True, False)
        >>> target.read_bytes()
        b'first'
    """
    path = Path(path)
    make_folder(path.parent)
    temporary = temporary_beside(path)
    try:
        disk.write(temporary, [data])
        disk.flush_file(temporary)
        made = _put_where_nothing_is(temporary, path, data)
    finally:
        with contextlib.suppress(OSError):
            discard(temporary)
    if made:
        disk.flush_folder(path.parent)
    return made


def append_line(path: str | Path, line: str) -> None:
    r"""Add a line to a log; after a crash that cut the last line off, begin a new one.

    Args:
        path: path of the file. Its folder must exist.
        line: str without a line end.

    Raises:
        OSError: if the disk is full, or the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> log = Path(tempfile.mkdtemp()) / "log.jsonl"
        >>> append_line(log, "{}")
        >>> log.read_bytes()
        b'{}\n'
    """
    path = Path(path)
    begin = "\n" if _last_byte(path) not in (b"", b"\n") else ""
    disk.append(path, f"{begin}{line}\n".encode())


def make_folder(path: str | Path) -> Path:
    """Make a folder and its missing parents, so that each survives a crash.

    Args:
        path: path of the folder. Nothing happens where it exists.

    Returns:
        The path.

    Raises:
        OSError: if a file stands in the way, or the parent cannot be written to.
    """
    path = Path(path)
    if not path.is_dir():
        make_folder(path.parent)
        disk.make_folder(path)
        disk.flush_folder(path.parent)
    return path


def _flush_tree(path: Path) -> None:
    if not path.is_dir():
        disk.flush_file(path)
        return
    for child in sorted(path.iterdir()):
        _flush_tree(child)
    disk.flush_folder(path)


def _put_where_nothing_is(temporary: Path, path: Path, data: bytes) -> bool:
    try:
        disk.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:
        # A file system without second names; there the file is empty for a moment.
        try:
            disk.write(path, [data])
        except FileExistsError:
            return False
    return True


def _last_byte(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1)
    except OSError:
        return b""  # It is not there yet, or is empty.
