"""Being asked to stop: by Ctrl-C, by a signal, by a file; and where that is heeded."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from kseg.errors import KsegError
from kseg.storage import remove_file

STOP_FILE = "stop"
_SIGNALS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "the signal SIGTERM"}


class RunStoppedError(KsegError):
    """A run that was asked to stop and can go on."""

    exit_code = 130


class Stopped(KeyboardInterrupt):
    """Raised where a run is left because it was asked to stop.

    It is no `Exception`, so that nothing that tries one case after another takes it for a case
    that failed.

    Args:
        reason: str, what asked, such as `"Ctrl-C"`.
    """

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def stopped_error(stopped: Stopped, folder: Path, kept: str) -> RunStoppedError:
    """Return the error that a run ends with when it was asked to stop.

    Args:
        stopped: `Stopped`.
        folder: path of the run's folder.
        kept: str, what is not lost, in half a sentence.

    Returns:
        `RunStoppedError`.
    """
    return RunStoppedError(
        why=f"stopped by {stopped.reason}; {kept}",
        file=folder,
        fix="the same command goes on from here",
        code="KS-G07",
    )


class Stop:
    """Know whether a run was asked to stop, and leave it there and then or at the next good place.

    Outside `waiting()` a request raises `Stopped` at once: whatever is half-written there has a
    temporary name. Within it the request is only noted, for the loop to finish its step and save.
    A second Ctrl-C is an ordinary `KeyboardInterrupt` everywhere.

    Args:
        file: path of a file that asks to stop by being there, or None.
        tell: function of a sentence, for a person.

    Example:
        >>> stop = Stop()
        >>> with stop.waiting():
        ...     stop.ask("Ctrl-C")
        ...     stop.is_asked()
        True
    """

    def __init__(
        self, file: Path | None = None, tell: Callable[[str], object] = lambda sentence: None
    ):
        self.reason: str | None = None
        self._file = file
        self._tell = tell
        self._waits = False

    def ask(self, reason: str) -> None:
        """Ask to stop.

        Args:
            reason: str, what asks.

        Raises:
            Stopped: outside `waiting()`.
        """
        self.reason = self.reason or reason
        if not self._waits:
            raise Stopped(self.reason)

    def is_asked(self) -> bool:
        """Return whether anything asked to stop; a look at the file is part of it."""
        if self.reason is None and self._file is not None and self._file.exists():
            self.reason = f"the file {self._file.name}"
        return self.reason is not None

    def check(self) -> None:
        """Leave the run if it was asked to stop, unless it waits for a good place.

        Raises:
            Stopped: if it was asked to, outside `waiting()`.
        """
        if self.is_asked():
            self.ask(self.reason)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Only note requests while the block runs."""
        yield from self._mode(True)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Heed requests at once while the block runs, within a `waiting()` too.

        Raises:
            Stopped: at the start too, if there was a request before.
        """
        yield from self._mode(False)

    def _mode(self, waits: bool) -> Iterator[None]:
        before, self._waits = self._waits, waits
        try:
            if not waits:
                self.check()
            yield
        finally:
            self._waits = before

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Take Ctrl-C and SIGTERM as requests while the block runs.

        Nothing changes outside the main thread, to which Python hands all signals.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def forget_file(self) -> bool:
        """Remove the file that asked, so that the next sitting does not stop again.

        Returns:
            bool, whether there was one.
        """
        if self._file is None or not self._file.exists():
            return False
        remove_file(self._file)
        return True

    def _on_signal(self, number: int, frame) -> None:
        if self.reason is not None:
            # Schedulers repeat SIGTERM while a run saves; a person who repeats Ctrl-C means it.
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            return
        if self._waits:
            what = _SIGNALS[number]
            self._tell(f"{what}: finishing the step and saving (Ctrl-C again ends at once)")
        self.ask(_SIGNALS[number])
