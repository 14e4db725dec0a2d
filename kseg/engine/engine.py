"""What an engine is: it runs jobs of minutes to hours, each in a process of its own."""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from kseg.errors import KsegError

ENGINES = ("local", "ray")


class JobTimedOutError(Exception):
    """A job was ended since it had run longer than it may.

    Args:
        seconds: float, how long it may run.
    """

    def __init__(self, seconds: float):
        super().__init__(seconds)
        self.seconds = seconds

    def __str__(self) -> str:
        """Return one sentence."""
        return f"the job was ended: it ran longer than {self.seconds:g} seconds"


class Engine(Protocol):
    """Runs jobs, each in a new process: its memory, its TensorFlow and its log are its own.

    A job that crashes, is killed or hangs is a result like any other and touches no other job. When
    the process that holds the engine ends, by whatever, its jobs end with it.

    Args:
        workers: int, how many jobs run at a time.
    """

    workers: int

    def submit(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        log: str | Path | None = None,
        seconds: float | None = None,
    ) -> Future:
        """Take a job on; it starts when fewer than `workers` run, in the order of submission.

        Args:
            function: function of a module, or a `partial` of one.
            *arguments: what it is given; all of it is pickled at once.
            log: path of a file that all that the job prints is added to, made with its folders;
                None for the standard error of this process.
            seconds: float, how long it may run before it is ended; None for as long as it takes.

        Returns:
            `concurrent.futures.Future`. It gives what the function returned, or raises what it
            raised; `WorkerDiedError` if its process died; `JobTimedOutError` if its time was over;
            `concurrent.futures.CancelledError` if the engine was closed first. Its `cancel` takes
            back a job that still waits.

        Raises:
            Exception: what `pickle` raises of a call that no other process could make.
            RuntimeError: if the engine is closed.
        """

    def close(self) -> None:
        """End all jobs at once, whatever they are doing, and wait until they are gone."""

    def __enter__(self) -> "Engine": ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def open_engine(name: str, workers: int, address: str | None = None) -> Engine:
    """Return an engine by its name.

    Args:
        name: `"local"` for processes of this machine, `"ray"` for those of a Ray cluster.
        workers: int, how many jobs run at a time.
        address: str, where the Ray cluster is, such as `"10.0.0.1:6379"`. None for what the
            environment variable `RAY_ADDRESS` says, and without that for one on this machine alone,
            which lasts as long as the engine.

    Returns:
        `Engine`, to be closed.

    Raises:
        KsegError: if there is no engine of this name, `workers` is less than 1, an address is given
            to an engine that has none, or Ray is not installed or not reached.

    Example:
        >>> with open_engine("local", workers=2) as engine:
        ...     engine.submit(divmod, 7, 2).result()
        (3, 1)
    """
    if name == "ray":
        from kseg.engine.ray import RayEngine

        return RayEngine(workers, address)
    if name != "local":
        raise KsegError(
            why=f"the engine must be one of {', '.join(ENGINES)}. Received: {name!r}",
            fix="give one of them after --engine",
            code="KS-F10",
        )
    if address is not None:
        raise KsegError(
            why=f"only a Ray cluster has an address. Received: {address!r} for the engine local",
            fix="leave --address out, or add --engine ray",
            code="KS-F09",
        )
    from kseg.engine.jobs import LocalEngine

    return LocalEngine(workers)
