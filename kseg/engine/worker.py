"""What runs in a worker process: take a call, make it, send back what came of it, until the end.

Calls and answers are pickled. They go through pipes between a process and the workers that it
started itself, and come from no file.
"""

import contextlib
import os
import pickle
import signal
import sys
import traceback
from pathlib import Path

OOM_SCORE = Path("/proc/self/oom_score_adj")
# From 0 to 1000, how gladly the kernel ends this process when the memory is full.
FIRST_TO_GO = 500


def leave_the_deciding_to_the_parent() -> None:
    """Let this process be ended by its parent or by the kernel, and by nothing else."""
    # The parent is told of Ctrl-C and of the scheduler's signal too, and it decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Better one case than the whole training. Ray's own workers go even sooner, and what one of
    # them has started must go first.
    with contextlib.suppress(OSError):
        OOM_SCORE.write_text(str(max(FIRST_TO_GO, int(OOM_SCORE.read_text()))))


def main() -> None:
    """Answer calls from the standard input until it ends."""
    leave_the_deciding_to_the_parent()
    calls, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What a library prints must not get between the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            function, arguments = pickle.load(calls)
            answers.write(_answer(function, arguments))
            answers.flush()


def _answer(function, arguments) -> bytes:
    try:
        return pickle.dumps((True, function(*arguments)))
    except Exception as error:
        trace = traceback.format_exc()
        error.add_note(f"in a worker process:\n{trace}")
        try:
            return pickle.dumps((False, error))
        except Exception:
            return pickle.dumps((False, RuntimeError(trace)))
