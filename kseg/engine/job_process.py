"""The process of one job, as its parent sees it: started, waited for, ended."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError
from pathlib import Path
from typing import BinaryIO

from kseg.engine.command import python_command
from kseg.engine.engine import JobTimedOutError
from kseg.engine.job import Job, framed, whole
from kseg.engine.local import WorkerDiedError
from kseg.storage import disk, make_folder

# How long a job that has answered may take to end: a library may wait for a thread that hangs.
GRACE_SECONDS = 10.0
# How often a process is looked at that neither answers nor closes its pipe. It may have been killed
# while one that it had started still holds the pipe.
_LOOK_SECONDS = 0.2


class JobProcess:
    """A job in a new process of its own, with a group of its own for what it starts itself.

    Args:
        job: `Job`.
        environment: Mapping of environment variables to change; None takes one away.

    Raises:
        OSError: if the process cannot be started, or its log not be written.

    Example:
        >>> from kseg.engine.job import make_job, open_answer
        >>> open_answer(JobProcess(make_job(divmod, (7, 2)), {}).wait())
        (3, 1)
    """

    def __init__(self, job: Job, environment: Mapping[str, str | None]):
        self._job = job
        self._received = b""
        self._is_stopped = False
        self._started = time.monotonic()
        with _log(job.log) as log:
            self._process = subprocess.Popen(
                python_command("kseg.engine.job_main", job.module_path),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=job.folder,
                env=_changed(environment),
                start_new_session=True,
            )
        self._talking = threading.Thread(target=self._talk, daemon=True)
        self._talking.start()

    def wait(self) -> bytes:
        """Wait until the job is done and its process gone.

        Returns:
            bytes, the answer for `open_answer`.

        Raises:
            JobTimedOutError: if it took longer than it may.
            WorkerDiedError: if the process ended before it could answer.
            CancelledError: if it was stopped.
        """
        is_late = not self._ends_in_time()
        if not is_late:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_SECONDS)
        self._kill()
        exit_code = self._process.wait()
        self._talking.join()
        for pipe in (self._process.stdin, self._process.stdout):
            # Half of a call may still be to be written to a process that is gone.
            with contextlib.suppress(OSError):
                pipe.close()
        answer = whole(self._received)
        if answer is not None:
            return answer
        if self._is_stopped:
            raise CancelledError
        raise JobTimedOutError(self._job.seconds) if is_late else WorkerDiedError(exit_code)

    def stop(self) -> None:
        """End the job at once, whatever it is doing; called from another thread."""
        self._is_stopped = True
        if self._process.poll() is None:
            self._kill()

    def _ends_in_time(self) -> bool:
        """Return whether the job answered or ended before its time was over."""
        seconds = self._job.seconds
        while self._talking.is_alive() and self._process.poll() is None:
            wait = _LOOK_SECONDS
            if seconds is not None:
                wait = min(wait, self._started + seconds - time.monotonic())
                if wait <= 0:
                    return False
            self._talking.join(wait)
        return True

    def _talk(self) -> None:
        # The pipe stays open: when it closes, the job takes it that this process is gone.
        with contextlib.suppress(OSError):
            self._process.stdin.write(framed(self._job.call))
            self._process.stdin.flush()
        self._received = self._process.stdout.read()

    def _kill(self) -> None:
        """End all that is left of the job: its process, and those that it has started."""
        # What it writes is whole or temporary.
        if hasattr(os, "killpg"):
            # macOS refuses where all of the group have ended and are not asked how yet.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()


def _log(path: Path | None) -> contextlib.AbstractContextManager[BinaryIO | None]:
    if path is None:
        return contextlib.nullcontext()
    make_folder(path.parent)
    return disk.open_to_append(path)


def _changed(environment: Mapping[str, str | None]) -> dict[str, str]:
    changed = {**os.environ, **environment}
    return {name: value for name, value in changed.items() if value is not None}
