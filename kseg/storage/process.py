"""Who this process is, and whether another process of this machine is gone."""

import contextlib
import os
import socket
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from kseg.storage.digest import sha256_bytes

# The number that every Linux gives the pid namespace in which no container is.
_OUTERMOST = "pid:[4026531836]"


@cache
def pid_space() -> str:
    """Return what tells the numbers of this machine's processes from those of another one.

    Two containers may have the same host name and each a process 7; and after a restart of the
    machine the numbers begin anew.

    Returns:
        str: names of this run of the machine, of the machine and of its pid namespace; without
        those that there are none of.

    Example:
        >>> pid_space() == pid_space()
        True
    """
    parts = []
    with contextlib.suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with contextlib.suppress(OSError):
        # Its number itself is nobody's business.
        parts.append(sha256_bytes(Path("/etc/machine-id").read_bytes())[:16])
    with contextlib.suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)


@dataclass(frozen=True)
class ProcessIdentity:
    """What tells a process from every other one.

    Args:
        pid: int, process id.
        host: str, name of the machine, since a pid means nothing on another one.
        started: str, the kernel's start time of the process, or "" where there is none; it tells
            a living process from a later one with the same pid.
        space: str, what the pid means something in, from `pid_space`; of this process by default.
    """

    pid: int
    host: str
    started: str
    space: str = field(default_factory=pid_space)


def this_process() -> ProcessIdentity:
    """Return the identity of this process.

    Returns:
        `ProcessIdentity`.

    Example:
        >>> this_process().pid == os.getpid()
        True
    """
    pid = os.getpid()
    return ProcessIdentity(pid, host_name(), _start(pid))


def host_name() -> str:
    """Return what this machine is called."""
    return socket.gethostname()


def is_of_this_machine(host: str, space: str) -> bool:
    """Return whether a process can be judged from here.

    Args:
        host: str, name of its machine.
        space: str, what its pid means something in.

    Returns:
        bool; False for a process of another machine or container, or before a restart.

    Example:
        >>> is_of_this_machine("elsewhere", pid_space())
        False
    """
    return (host, space) == (host_name(), pid_space())


def has_restarted(host: str, space: str) -> bool:
    """Return whether this machine was started anew since a process of it was there.

    In a container nobody can say: the machine round it may be another one by now.

    Args:
        host: str, name of the process' machine.
        space: str, what its pid meant something in.

    Returns:
        bool.

    Example:
        >>> has_restarted(host_name(), pid_space())
        False
    """
    before, now = space.split(), pid_space().split()
    if host != host_name() or len(before) != len(now) or len(now) != len(("boot", "machine", "ns")):
        return False
    return before[0] != now[0] and before[1:] == now[1:] and now[2] == _OUTERMOST


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
