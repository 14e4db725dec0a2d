"""The order of jobs: so many at a time, the rest in line, whatever it is that runs them."""

import contextlib
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from kseg.engine.job import Job, make_job, open_answer
from kseg.errors import KsegError


class Running(Protocol):
    """A job that has been started."""

    def wait(self) -> bytes:
        """Wait until it is done and gone; return its answer, or raise what became of it."""

    def stop(self) -> None:
        """End it at once; `wait` then raises `CancelledError`."""


class Slots(ABC):
    """An engine but for one thing: how a job is started.

    Each slot is a thread that takes the next job, starts it, and waits for it. The threads keep no
    program from ending: what they wait for ends with it.

    Args:
        workers: int, how many jobs run at a time.

    Raises:
        KsegError: if `workers` is less than 1.
    """

    def __init__(self, workers: int):
        if workers < 1:
            raise KsegError(
                why=f"at least 1 job must run at a time. Received: workers={workers}",
                fix="give a larger number after --workers",
                code="KS-F09",
            )
        self.workers = workers
        self._waiting: queue.SimpleQueue[tuple[Future, Job] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._running: set[Running] = set()
        self._lock = threading.Lock()
        self._is_open = True

    @abstractmethod
    def _start(self, job: Job, slot: int) -> Running:
        """Start a job in a slot, from 0 on."""

    def submit(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        log: str | Path | None = None,
        seconds: float | None = None,
    ) -> Future:
        """Take a job on: see `Engine.submit`."""
        future, job = Future(), make_job(function, arguments, log, seconds)
        with self._lock:
            if not self._is_open:
                raise RuntimeError("The engine is closed.")
            self._waiting.put((future, job))
            slot = len(self._threads)
            if slot < self.workers:
                thread = threading.Thread(target=self._work, args=(slot,), daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def close(self) -> None:
        """End all jobs at once, whatever they are doing, and wait until they are gone."""
        with self._lock:
            self._is_open = False
            running = list(self._running)
        with contextlib.suppress(queue.Empty):
            while True:
                waiting = self._waiting.get_nowait()
                if waiting is not None:
                    _cancel(waiting[0])
        for each in running:
            each.stop()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            # A future's callback runs in a slot, and may close the engine.
            if thread is not threading.current_thread():
                thread.join()

    def __enter__(self):
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _work(self, slot: int) -> None:
        while (taken := self._waiting.get()) is not None:
            self._carry_out(*taken, slot)
            # A result may be large, and the next job be hours away.
            del taken

    def _carry_out(self, future: Future, job: Job, slot: int) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = self._run(job, slot)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    def _run(self, job: Job, slot: int) -> Any:
        if not self._is_open:
            raise CancelledError
        running = self._start(job, slot)
        with self._lock:
            self._running.add(running)
            is_open = self._is_open
        if not is_open:
            # Closed while it was being started.
            running.stop()
        try:
            answer = running.wait()
        finally:
            with self._lock:
                self._running.discard(running)
        return open_answer(answer)


def _cancel(future: Future) -> None:
    future.cancel()
    # Tells those who wait for it by `concurrent.futures.wait`, too.
    future.set_running_or_notify_cancel()
