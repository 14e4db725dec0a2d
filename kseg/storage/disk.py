"""Every operation by which kseg changes a disk, one small function each.

No other file of kseg changes a disk, so that a test can put a failing function in the place of
each of these, let the k-th step of a whole training fail, and look at what is left. The functions
are called as `disk.write(...)`, never imported by name, for the same reason.
"""

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

# What a file system says that cannot flush a folder (some network and FUSE mounts).
_FOLDER_SYNC_UNSUPPORTED = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}


def write(path: Path, parts: Iterable[bytes]) -> None:
    """Make a new file and fill it; it is not on the disk before `flush_file`.

    Args:
        path: path of the file, which must not exist.
        parts: bytes or C-contiguous buffers, written one after the other.
    """
    with path.open("xb") as file:
        for part in parts:
            file.write(part)


def append(path: Path, data: bytes) -> None:
    """Add to the end of a file, made if missing; not flushed, since only logs are appended to.

    Args:
        path: path of the file.
        data: bytes.
    """
    with path.open("ab") as file:
        file.write(data)


def open_to_append(path: Path) -> BinaryIO:
    """Open a log, made if missing, for a process that adds to it as it runs; it is not flushed.

    Args:
        path: path of the file.

    Returns:
        File whose every write goes to its end, whoever else writes to it.
    """
    return path.open("ab")


def flush_file(path: Path) -> None:
    """Wait until the content of a file is on the disk.

    Args:
        path: path of the file.
    """
    # Windows flushes only what is open for writing.
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def flush_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk.

    Args:
        path: path of the folder.
    """
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


def make_folder(path: Path) -> None:
    """Make one folder in a folder that exists; nothing happens where it is there already.

    Args:
        path: path of the folder.
    """
    path.mkdir(exist_ok=True)


def rename(source: Path, target: Path) -> None:
    """Give a file or folder another name, replacing a file of that name in one step.

    Args:
        source: path as it is.
        target: path as it shall be, on the same disk.
    """
    source.replace(target)


def link(source: Path, target: Path) -> None:
    """Give a file a second name, which must not exist yet.

    Args:
        source: path of the file.
        target: its second path.
    """
    target.hardlink_to(source)


def remove_file(path: Path) -> None:
    """Remove a file.

    Args:
        path: path of the file; nothing happens where there is none.
    """
    path.unlink(missing_ok=True)


def remove_tree(path: Path) -> None:
    """Remove a folder with all that is in it, which takes more than one step.

    Args:
        path: path of the folder, of a temporary name, since half of it may stay behind.
    """
    shutil.rmtree(path)
