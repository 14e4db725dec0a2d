"""What runs in the process of a job: one call, until it is made or the parent is gone."""

import contextlib
import faulthandler
import os
import pickle
import signal
import sys
import threading
import traceback
from pathlib import Path

from kseg.engine.job import LENGTH_BYTES, framed
from kseg.engine.worker import leave_the_deciding_to_the_parent


def main() -> None:
    """Make the call that comes through the standard input, and answer through the output."""
    leave_the_deciding_to_the_parent()
    lifeline, answers = _take_pipes()
    # A crash in the code of a library leaves the lines of Python that led to it in the log.
    faulthandler.enable()
    # What was printed before a crash is in the log.
    sys.stdout.reconfigure(line_buffering=True)
    call = _receive(lifeline)
    threading.Thread(target=_leave_with_parent, args=(lifeline,), daemon=True).start()
    answer = _answer(call)
    _flush_log()
    with os.fdopen(answers, "wb") as pipe:
        pipe.write(framed(answer))


def _take_pipes() -> tuple[int, int]:
    """Return the ends of the pipes to the parent, where neither a job nor a library finds them."""
    lifeline, answers = os.dup(sys.stdin.fileno()), os.dup(sys.stdout.fileno())
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return lifeline, answers


def _receive(pipe: int) -> bytes:
    length = int.from_bytes(_receive_exactly(pipe, LENGTH_BYTES))
    return _receive_exactly(pipe, length)


def _receive_exactly(pipe: int, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        part = os.read(pipe, length - len(received))
        if not part:
            _leave()  # The parent was gone before it had said what to do.
        received += part
    return bytes(received)


def _leave_with_parent(lifeline: int) -> None:
    """End this process at once when the parent's end of the pipe is closed, by whatever.

    A parent that is started again starts the same jobs on the same folders. The kernel's own means
    (`PR_SET_PDEATHSIG`) is there on Linux alone and looks at the thread that started the process.
    """
    os.read(lifeline, 1)  # Nothing more is ever sent: this returns when there is nobody to send.
    _leave()


def _leave() -> None:
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        # The processes that the job has started, too.
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _answer(call: bytes) -> bytes:
    try:
        function, arguments = pickle.loads(call)
        return pickle.dumps((True, function(*arguments), ""))
    except Exception as error:
        trace = traceback.format_exc()
        return _error_answer(error, trace)
    except BaseException as error:
        # `sys.exit`, or a Ctrl-C that a library made up: not the parent's own, which it would end.
        traceback.print_exc()
        _flush_log()
        # Threads of the job that still run would keep it alive.
        os._exit(_exit_code(error))


def _error_answer(error: Exception, trace: str) -> bytes:
    try:
        answer = pickle.dumps((False, error, trace))
        # An error that insists on arguments of its own can be packed and not unpacked.
        pickle.loads(answer)
    except Exception:
        # The last line of a trace names the error and says what it says.
        return pickle.dumps((False, RuntimeError(trace.strip().splitlines()[-1]), trace))
    return answer


def _flush_log() -> None:
    # A library may have put a file of its own in the place of either. What is done is done, also
    # where the disk takes no more lines.
    for stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()


def _exit_code(error: BaseException) -> int:
    code = error.code if isinstance(error, SystemExit) else 1
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1
