"""A job: one call, what it needs round it, and the answer that comes back.

Call and answer are pickled. They go through pipes between a process and those that it started
itself, and come from no file.
"""

import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Call and answer begin with their length, so that half of one is known from a whole one.
LENGTH_BYTES = 8


@dataclass(frozen=True)
class Job:
    """A call that is to be made in a process of its own.

    Args:
        call: bytes, the pickled function and its arguments.
        log: path of the file that what it prints is added to, or None for this process' own
            standard error.
        seconds: float, after how long it is ended, or None for never.
        folder: path of the folder that relative paths begin from.
        module_path: tuple of folders that its modules are found in, as in `sys.path`.
    """

    call: bytes
    log: Path | None
    seconds: float | None
    folder: Path
    module_path: tuple[str, ...]


def make_job(
    function: Callable[..., Any],
    arguments: tuple,
    log: str | Path | None = None,
    seconds: float | None = None,
) -> Job:
    """Pack a call, with the folder and the modules of this process.

    Args:
        function: function of a module, or a `partial` of one.
        arguments: tuple of what it is given.
        log: path of a file for what it prints, or None.
        seconds: float, after how long it is ended, or None.

    Returns:
        `Job`.

    Raises:
        Exception: what `pickle` raises of a call that no other process could make.

    Example:
        >>> make_job(divmod, (7, 2), log="a.txt").log.is_absolute()
        True
    """
    return Job(
        call=pickle.dumps((function, arguments)),
        log=None if log is None else Path(log).absolute(),
        seconds=seconds,
        folder=Path.cwd(),
        module_path=tuple(map(_wherever_one_is, sys.path)),
    )


def _wherever_one_is(entry: str) -> str:
    # What is no path is a word for an importer, as pip writes one for a project being worked on.
    return str(Path(entry).absolute()) if Path(entry).exists() else entry


def framed(content: bytes) -> bytes:
    """Return bytes with their length before them.

    Example:
        >>> whole(framed(b"kseg")), whole(framed(b"kseg")[:-1])
        (b'kseg', None)
    """
    return len(content).to_bytes(LENGTH_BYTES) + content


def whole(received: bytes) -> bytes | None:
    """Return what was framed; None if the end of it is missing."""
    content = received[LENGTH_BYTES:]
    is_whole = received[:LENGTH_BYTES] == len(content).to_bytes(LENGTH_BYTES)
    return content if is_whole else None


def open_answer(answer: bytes) -> Any:
    """Return what the function of a job returned, or raise what it raised.

    Args:
        answer: bytes that the job's process sent.

    Returns:
        What the function returned.

    Raises:
        Exception: what the function raised, with a note that tells where.
    """
    is_well, value, trace = pickle.loads(answer)
    if is_well:
        return value
    value.add_note(f"in the process of a job:\n{trace}")
    raise value
