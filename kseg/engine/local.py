"""Run functions in processes of their own, and know what a process was doing when it died."""

import contextlib
import pickle
import queue
import signal
import subprocess
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

from kseg.engine.command import python_command

# How long a worker whose pipes broke may take to be gone: on a machine under load, or with a disk
# or a driver to wait for, the system may report a death long after it has closed the pipes.
_SECONDS_OF_A_DEATH = 10.0


class WorkerDiedError(Exception):
    """A worker process ended in the midst of a call.

    Args:
        exit_code: int, as of `subprocess.Popen`: the negative number of the signal that ended it,
            or the code that it ended with itself.
    """

    def __init__(self, exit_code: int):
        super().__init__(exit_code)
        self.exit_code = exit_code

    @property
    def cause(self) -> str:
        """What ended it, such as "signal SIGKILL"."""
        if self.exit_code >= 0:
            return f"exit code {self.exit_code}"
        try:
            return f"signal {signal.Signals(-self.exit_code).name}"
        except ValueError:
            return f"signal {-self.exit_code}"

    @property
    def is_kill(self) -> bool:
        """Whether it was killed from outside, as the system does when the memory is full."""
        return self.exit_code == -signal.SIGKILL

    @property
    def told(self) -> str:
        """What ended it and why that may be, for a sentence that begins with the process."""
        why = ", as the system does when the memory is full" if self.is_kill else ""
        return f"was ended by {self.cause}{why}"

    def __str__(self) -> str:
        """Return one sentence."""
        return f"the worker process was ended by {self.cause}"


class Workers:
    """Worker processes that are started when they are needed and replaced when they die.

    Calls may come from several threads; as many run at a time as there are threads that call.
    With `concurrent.futures` one dead process would fail all calls and name none.

    Example:
        >>> with Workers() as workers:
        ...     workers.call(divmod, 7, 2)
        (3, 1)
    """

    def __init__(self):
        self._idle: queue.SimpleQueue[subprocess.Popen] = queue.SimpleQueue()
        self._all: list[subprocess.Popen] = []
        self._is_open = True

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function in a worker process and wait for what it returns.

        Args:
            function: function of a module, or a `partial` of one.
            *arguments: what it is given; all of it is pickled.

        Returns:
            What the function returned.

        Raises:
            WorkerDiedError: if the process ended, or `end` ended it, before it could answer.
            Exception: what the function raised.
        """
        worker = self._take()
        try:
            pickle.dump((function, arguments), worker.stdin)
            worker.stdin.flush()
            is_well, answer = pickle.load(worker.stdout)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            # It is about to end, and only it knows of what: a kill would be told as the cause.
            raise WorkerDiedError(_end(worker, patience=_SECONDS_OF_A_DEATH)) from error
        except BaseException:
            # Ctrl-C, or arguments that cannot be pickled: it may still wait for half of a call.
            _end(worker)
            raise
        self._idle.put(worker)
        if is_well:
            return answer
        raise answer

    def end(self) -> None:
        """End all workers at once, whatever they are doing; calls in other threads fail."""
        self._is_open = False
        for worker in list(self._all):
            # What it writes is whole or temporary. Its pipes belong to the thread that waits.
            worker.kill()
            worker.wait()
        with contextlib.suppress(queue.Empty):
            # Not asked first whether there is one: a call may take it in between.
            while True:
                _end(self._idle.get_nowait())

    def _take(self) -> subprocess.Popen:
        if not self._is_open:
            # What becomes of a call must not hang on whether it came just before the end.
            raise WorkerDiedError(-signal.SIGKILL)
        with contextlib.suppress(queue.Empty):
            return self._idle.get_nowait()
        worker = subprocess.Popen(
            python_command("kseg.engine.worker", sys.path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._all.append(worker)
        if not self._is_open:
            # `end`, in another thread, may have gone through the list before this one was in it.
            worker.kill()
            raise WorkerDiedError(_end(worker))
        return worker


def _end(worker: subprocess.Popen, patience: float = 0.5) -> int:
    """End a worker, by force if it lives for so many seconds more; return its exit code."""
    for pipe in (worker.stdin, worker.stdout):
        # Half of a call may still be to be written to a process that is gone.
        with contextlib.suppress(OSError):
            pipe.close()
    try:
        return worker.wait(timeout=patience)
    except subprocess.TimeoutExpired:
        worker.kill()
        return worker.wait()
