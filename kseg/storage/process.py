"""Who this process is, and whether another process of this machine is gone."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProcessIdentity:
    """What tells a process from every other one.

    Args:
        pid: int, process id.
        host: str, name of the machine, since a pid means nothing on another one.
        started: str, the kernel's start time of the process, or "" where there is none; it tells
            a living process from a later one with the same pid.
    """

    pid: int
    host: str
    started: str


def this_process() -> ProcessIdentity:
    """Return the identity of this process.

    Returns:
        `ProcessIdentity`.

    Example:
        >>> this_process().pid == os.getpid()
        True
    """
    pid = os.getpid()
    return ProcessIdentity(pid, socket.gethostname(), _start(pid))


def is_gone(pid: int, started: str) -> bool:
    """Return whether a process of this machine has surely ended.

    Args:
        pid: int, its process id.
        started: str, the kernel's start time of the process, or "" if it is not known.

    Returns:
        bool; False where it may be alive.

    Example:
        >>> is_gone(os.getpid(), this_process().started)
        False
    """
    if not _is_alive(pid):
        return True
    now = _start(pid)
    return bool(now and started) and now != started


def _is_alive(pid: int) -> bool:
    if os.name == "nt":
        return True  # os.kill would end the process there; the message tells how to go on.
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # It lives and belongs to another user.
    # A zombie has ended and only waits for its parent to ask how.
    return _fields(pid)[:1] != ["Z"]


def _start(pid: int) -> str:
    fields = _fields(pid)
    return fields[19] if fields else ""


def _fields(pid: int) -> list[str]:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    # What comes before is the pid and the name in brackets, which may hold spaces.
    return status.rpartition(")")[2].split()
