"""What the folder of a cross-validation holds, read for its page."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kseg.errors import RunFolderError
from kseg.report.content import FoldLine
from kseg.report.run_files import RunFiles, read_run

CROSSVAL_FILE = "crossval.json"
_TROUBLE = {
    "finished": "",
    "failed": "failed",
    "stopped": "was stopped",
    "waiting": "has not ended",
}
_FOLDER = re.compile(r"fold_\d+")


@dataclass(frozen=True)
class FoldRecord:
    """What `crossval.json` tells of one fold.

    Args:
        folder: path of its run folder.
        cases: ids of the cases that it validates.
        line: `FoldLine` for the page.
        accepted: what its training went on with although it had changed.
    """

    folder: Path
    cases: tuple[str, ...]
    line: FoldLine
    accepted: tuple[str, ...]


@dataclass(frozen=True)
class CrossvalFiles:
    """The folder of a cross-validation, read.

    Args:
        pooled: `RunFiles` of the folder itself: its recipe, its notes, and the scores of all folds.
        name: str, name of the recipe.
        data_set: str, name of the data set.
        layout: str, the layout that it was read as.
        phantom: bool, the scans are synthetic.
        channels: names of the image's channels.
        labels: names of what was judged.
        complete: bool, whether every fold has finished.
        deviation: float, standard deviation of the folds' mean Dice; NaN while it is not complete.
        folds: tuple of `FoldRecord`.
    """

    pooled: RunFiles
    name: str
    data_set: str
    layout: str
    phantom: bool
    channels: tuple[str, ...]
    labels: tuple[str, ...]
    complete: bool
    deviation: float
    folds: tuple[FoldRecord, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Ids of the cases that no finished fold has judged."""
        judged = {score.case for score in self.pooled.scores}
        return tuple(
            sorted(case for fold in self.folds for case in fold.cases if case not in judged)
        )


def is_crossval(folder: str | Path) -> bool:
    """Return whether a folder is that of a cross-validation.

    Args:
        folder: path.

    Returns:
        bool.

    Example:
        >>> is_crossval("/nowhere")
        False
    """
    return (Path(folder) / CROSSVAL_FILE).is_file()


def read_crossval(folder: str | Path) -> CrossvalFiles:
    """Read what a report needs from the folder of a cross-validation.

    Args:
        folder: path of a folder that `kseg crossval` wrote to.

    Returns:
        `CrossvalFiles`.

    Raises:
        RunFolderError: if it is no such folder, or a file in it is damaged.
    """
    folder = Path(folder)
    pooled, path = read_run(folder), folder / CROSSVAL_FILE
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return _files(record, pooled)
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        raise RunFolderError(
            why=f"it cannot be read: {type(error).__name__}: {error}",
            file=path,
            fix="run the same `kseg crossval` again, which writes it anew",
            code="KS-V11",
        ) from error


def _files(record: Mapping, pooled: RunFiles) -> CrossvalFiles:
    labels = tuple(map(str, record["labels"]))
    return CrossvalFiles(
        pooled=pooled,
        name=str(record["recipe"]),
        data_set=str(record["data_set"]),
        layout=str(record["layout"]),
        phantom=record.get("data") == "phantom" or pooled.phantom,
        channels=tuple(map(str, record["channels"])),
        labels=labels,
        complete=record["complete"] is True,
        deviation=_number(record["deviation_over_folds"]),
        folds=tuple(_fold(entry, labels, pooled.folder) for entry in record["folds"]),
    )


def _fold(entry: Mapping, labels: tuple[str, ...], home: Path) -> FoldRecord:
    name = str(entry["folder"])
    if not _FOLDER.fullmatch(name):
        # Its masks and its record are read, and these must not lie elsewhere.
        raise ValueError(f"a fold lies in fold_0, fold_1, … and not in {name!r}")
    folder = home / name
    cases = tuple(map(str, entry["cases"]))
    trouble, why = _TROUBLE[entry["status"]], entry["reason"]
    line = FoldLine(
        fold=int(entry["fold"]),
        cases=len(cases),
        mean_dice=_number(entry["mean_dice"]),
        dice=tuple(_number(entry["dice"].get(label)) for label in labels),
        steps=None if entry["steps"] is None else int(entry["steps"]),
        minutes=_number(entry["seconds"]) / 60,
        trouble=f"{trouble}: {why}" if why else trouble,
    )
    return FoldRecord(folder, cases, line, tuple(map(str, entry["accepted"])))


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
