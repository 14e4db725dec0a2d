"""Temporary names beside what is being written, and the removal of those that were left behind.

A temporary name tells which process made it. So the next one can remove what a killed process left
in a folder that others are writing to at the same time.
"""

import contextlib
import logging
import re
import secrets
import time
from pathlib import Path

from kseg.storage import disk, process
from kseg.storage.digest import sha256_bytes

TEMPORARY_PREFIX = ".kseg-tmp-"
# A folder that holds this file belongs to the process that made it.
LOCK_NAME = "kseg.lock"

# Of a process on another machine nobody can say here whether it lives; but no write takes a week.
_ABANDONED_SECONDS = 7 * 24 * 3600.0
# What is kept of the name itself: its end, with the suffixes by which files are told apart.
_TAIL = 40
_NAME = re.compile(re.escape(TEMPORARY_PREFIX) + r"([0-9a-f]{8})-(\d+)-(\d*)-[0-9a-f]{12}-.*")

_log = logging.getLogger(__name__)


def temporary_beside(path: Path) -> Path:
    """Return a new temporary path in the same folder, with the same suffixes.

    Args:
        path: path of the file or folder to be.

    Returns:
        Path that does not exist.

    Example:
        >>> temporary_beside(Path("masks/scan.nii.gz")).name.endswith("-scan.nii.gz")
        True
    """
    me = process.this_process()
    maker = f"{_machine_digest(me.host, me.space)}-{me.pid}-{me.started}"
    return path.with_name(f"{TEMPORARY_PREFIX}{maker}-{secrets.token_hex(6)}-{path.name[-_TAIL:]}")


def remove_leftovers(folder: str | Path, *, below: bool = True) -> int:
    """Remove the temporary files and folders that killed processes left in a folder.

    What a living process of this machine made stays, even under the folder's lock: another one may
    be asking for that lock, or writing a page or an export there. What a process of another machine
    or container made, or one before a restart, goes when it is a week old.

    Args:
        folder: path of the folder; nothing happens where there is none.
        below: bool, look in the folders below it too, except in those with a lock of their own.

    Returns:
        int, how many were removed. What cannot be removed stays, which does no harm.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = temporary_beside(folder / "a.csv").write_text("1,")
        >>> remove_leftovers(folder)
        0
    """
    removed = 0
    for path in _temporaries(Path(folder), below):
        if _is_abandoned(path):
            with contextlib.suppress(OSError):
                discard(path)
                removed += 1
    if removed:
        _log.info("removed %d unfinished files that a killed process left in %s", removed, folder)
    return removed


def discard(path: Path) -> None:
    """Remove something temporary, whatever it is.

    Args:
        path: path of a file or folder, or of nothing.

    Raises:
        OSError: if it cannot be removed.
    """
    if path.is_dir() and not path.is_symlink():
        disk.remove_tree(path)
    else:
        disk.remove_file(path)


def _temporaries(folder: Path, below: bool) -> list[Path]:
    found, folders = [], [folder]
    while folders:
        with contextlib.suppress(OSError):
            for path in sorted(folders.pop().iterdir()):
                if path.name.startswith(TEMPORARY_PREFIX):
                    found.append(path)
                elif below and _is_ours_to_enter(path):
                    folders.append(path)
    return found


def _is_ours_to_enter(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not (path / LOCK_NAME).exists()


def _is_abandoned(path: Path) -> bool:
    match = _NAME.fullmatch(path.name)
    if match is not None and match[1] == _machine_digest(process.host_name(), process.pid_space()):
        return process.is_gone(int(match[2]), match[3])
    try:
        return time.time() - path.stat().st_mtime > _ABANDONED_SECONDS
    except OSError:
        return False


def _machine_digest(host: str, space: str) -> str:
    # The name itself may be a hospital's or a person's.
    return sha256_bytes(f"{host} {space}".encode())[:8]
