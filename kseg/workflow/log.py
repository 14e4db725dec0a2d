"""What a run says: sentences for a person, and the same with facts for a program."""

import contextlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from kseg.storage import append_line

Progress = Callable[[int, int, str], object]


class RunLog:
    """Tell each event to a person and append it to `log.jsonl`.

    Args:
        file: path of the log, or None to tell only.
        tell: function of a sentence, such as `typer.echo`.
        progress: function of what is done, what there is in all, and a word for it; or None.
        watch: function that is called at each progress, such as one that stops a run; or None.

    Attributes:
        mark: str before every message, such as `"phantom: "` where all scans are synthetic.

    Example:
        >>> RunLog(None, print)("read 8 cases", cases=8)
        read 8 cases
    """

    def __init__(
        self,
        file: Path | None,
        tell: Callable[[str], object],
        progress: Progress | None = None,
        watch: Callable[[], object] | None = None,
    ):
        self._file = file
        self._tell = tell
        self._progress = progress
        self._watch = watch
        self.mark = ""
        self._is_cut_off = False

    def __call__(self, message: str, **facts: object) -> None:
        """Tell `message`; store it with its time and `facts`."""
        message = self.mark + message
        self._tell(message)
        self._store(message, facts)

    def failed(self, **facts: object) -> None:
        """Store that the run ended by an error; whoever takes the error up tells it to a person.

        Args:
            facts: what `failure_facts` returned.
        """
        if self._is_cut_off:
            return
        # A disk that takes no log must not hide what went wrong.
        with contextlib.suppress(OSError):
            self._store(f"{self.mark}ended by an error", facts)

    def _store(self, message: str, facts: Mapping[str, object]) -> None:
        if self._file is None:
            return
        entry = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "message": message}
        text = json.dumps(entry | facts, ensure_ascii=False, default=str, allow_nan=False)
        # What goes wrong may be this very line; a second one would be cut off as well.
        self._is_cut_off = True
        append_line(self._file, text)
        self._is_cut_off = False

    def progress(self, done: int, total: int, what: str) -> None:
        """Show how far something is; nothing of it is stored."""
        if self._progress is not None:
            self._progress(done, total, what)
        if self._watch is not None:
            self._watch()
