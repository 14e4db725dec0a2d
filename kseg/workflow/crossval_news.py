"""What the folds of a cross-validation say while they train, told as it is written."""

import json

from kseg.workflow.crossval_folds import Fold
from kseg.workflow.log import RunLog


class FoldNews:
    """Read the log of a fold from where it stands now on.

    Args:
        fold: `Fold`.
    """

    def __init__(self, fold: Fold):
        self._fold = fold
        self._file = fold.folder / "log.jsonl"
        self._read_bytes = self._file.stat().st_size if self._file.is_file() else 0

    def tell(self, log: RunLog) -> None:
        """Tell the epochs that have ended since the last call; the fold's log keeps the rest.

        Args:
            log: `RunLog`; what is told is not stored a second time.
        """
        for entry in self._entries():
            if "epoch" in entry:
                log.tell(f"{self._fold.name}: {entry['message'].removeprefix(log.mark)}")

    def _entries(self) -> list[dict]:
        if not self._file.is_file():
            return []
        with self._file.open("rb") as file:
            file.seek(self._read_bytes)
            # The last line may be about to be written.
            whole, end, _ = file.read().rpartition(b"\n")
        self._read_bytes += len(whole) + len(end)
        entries = []
        for line in whole.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # What a power cut left of an earlier day.
            if isinstance(entry, dict) and isinstance(entry.get("message"), str):
                entries.append(entry)
        return entries
