"""What the log of a run tells a report: the epochs so far, and what is worth a note."""

import json
import math
from collections.abc import Iterable
from pathlib import Path

# What stands in an entry of an epoch beside what was measured in it.
_NOT_MEASURED = ("time", "message")


def read_log(path: Path) -> list[dict]:
    """Return the entries of a log; a last line that a crash cut off is left out.

    Args:
        path: path of `log.jsonl`; one that is missing has no entries.

    Returns:
        list of dict, each with a `"message"`.

    Example:
        >>> read_log(Path("/nowhere/log.jsonl"))
        []
    """
    if not path.is_file():
        return []
    entries = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and isinstance(entry.get("message"), str):
            entries.append(entry)
    return entries


def notes_of_log(log: Iterable[dict]) -> tuple[str, ...]:
    """Return what a log tells of the result, each once; the course of things is left out.

    Args:
        log: entries.

    Returns:
        tuple of str.

    Example:
        >>> notes_of_log([{"message": "epoch 1"}, {"message": "a.nii: shifted", "code": "KS-B02"}])
        ('a.nii: shifted',)
    """
    return tuple(dict.fromkeys(filter(None, map(_note, log))))


def history_of_log(log: Iterable[dict]) -> tuple[dict[str, float], ...]:
    """Return what was measured in each epoch of a training that is still going on.

    Args:
        log: entries.

    Returns:
        tuple of rows, NaN where nothing was measured.

    Example:
        >>> history_of_log([{"message": "epoch 1", "epoch": 1, "step": 100, "loss": 0.5}])
        ({'epoch': 1.0, 'step': 100.0, 'loss': 0.5},)
    """
    rows: list[dict[str, float]] = []
    for entry in log:
        row = {name: _number(value) for name, value in entry.items() if name not in _NOT_MEASURED}
        if math.isnan(row.get("epoch", math.nan)) or math.isnan(row.get("step", math.nan)):
            continue
        # A training that was killed does again what it had not saved.
        while rows and rows[-1]["epoch"] >= row["epoch"]:
            rows.pop()
        rows.append(row)
    names = dict.fromkeys(name for row in rows for name in row)
    return tuple({name: row.get(name, math.nan) for name in names} for row in rows)


def _note(entry: dict) -> str | None:
    accepted = entry.get("accepted")
    if isinstance(accepted, list):
        return (
            f"The training went on with changes that were accepted: {'; '.join(map(str, accepted))}"
        )
    # What ended a sitting has a reason too, and is over when the next one ends well.
    return entry["message"] if "code" in entry and "why" not in entry else None


def _number(value: object) -> float:
    return float(value) if type(value) in (int, float) else math.nan
