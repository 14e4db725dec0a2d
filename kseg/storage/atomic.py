"""Files that are either the old ones or the new ones, whenever the power goes.

A new file is written beside its place, flushed to the disk, then renamed over it. Each step that
changes the disk is one of the five small functions at the end, so that a test can let the k-th
step fail and look at what is left.
"""

import contextlib
import errno
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

TEMPORARY_PREFIX = ".kseg-tmp-"

# What a file system says that cannot flush a folder (some network and FUSE mounts).
_FOLDER_SYNC_UNSUPPORTED = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}


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
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(6)}-{path.name}")
    try:
        yield temporary
        _flush_tree(temporary)
        _rename(temporary, path)
    except BaseException:
        _discard(temporary)
        raise
    _flush_folder(path.parent)


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Args:
        path: path of the file. Missing parent folders are made; an old file is replaced.
        data: bytes or any C-contiguous buffer.

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
        _write(temporary, data)


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
        _make_one_folder(path)
        _flush_folder(path.parent)
    return path


def _flush_tree(path: Path) -> None:
    if not path.is_dir():
        _flush_file(path)
        return
    for child in sorted(path.iterdir()):
        _flush_tree(child)
    _flush_folder(path)


def _discard(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)


def _flush_file(path: Path) -> None:
    # Windows flushes only what is open for writing.
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _rename(source: Path, target: Path) -> None:
    source.replace(target)


def _make_one_folder(path: Path) -> None:
    path.mkdir(exist_ok=True)


def _flush_folder(path: Path) -> None:
    if os.name == "nt":
        return  # Windows cannot open a folder, and its file system journals names by itself.
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _FOLDER_SYNC_UNSUPPORTED:
            raise
    finally:
        os.close(handle)
