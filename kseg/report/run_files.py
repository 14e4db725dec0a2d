"""What a run folder holds, read for a report; what is missing is simply not there."""

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kseg.errors import RunFolderError
from kseg.evaluate import CASES_FILE, SUMMARY_FILE, LabelScore, read_cases
from kseg.recipe import LoadedRecipe, load_recipe
from kseg.report.data_record import DataRecord
from kseg.report.log_record import history_of_log, notes_of_log, read_log

HISTORY_FILE = "history.csv"
LOCK_FILE = "recipe.lock.yaml"


@dataclass(frozen=True)
class RunFiles:
    """A run folder, read.

    Args:
        folder: path of the run folder.
        locked: `LoadedRecipe` of `recipe.lock.yaml`, or None while training is not finished.
        origins: value and origin of each key of the recipe as it was given.
        environment: content of `environment.json`.
        data: `DataRecord`, or None for runs of versions that did not write one.
        tolerance_mm: tolerance of NSD in the scores, by label; empty where it is not known.
        history: rows of `history.csv`, and of `log.jsonl` while training is not finished; NaN
            where nothing was measured.
        scores: `LabelScore`s of the validation.
        phantom: bool, the scans are synthetic.
        has_gone_on: bool, the training was extended and is not finished; all else but the history
            is of the shorter one.
        notes: what was noted or repaired while reading the scans, and the changes that the run
            went on with, from `log.jsonl`.
    """

    folder: Path
    locked: LoadedRecipe | None
    origins: dict[str, dict] = field(default_factory=dict)
    environment: dict = field(default_factory=dict)
    data: DataRecord | None = None
    tolerance_mm: dict[str, float] = field(default_factory=dict)
    history: tuple[dict[str, float], ...] = ()
    scores: tuple[LabelScore, ...] = ()
    phantom: bool = False
    has_gone_on: bool = False
    notes: tuple[str, ...] = ()

    @property
    def masks(self) -> Path:
        """Folder of the predicted masks of the validation cases."""
        return self.folder / "validation" / "masks"


def read_run(folder: str | Path) -> RunFiles:
    """Read what a report needs from a run folder.

    Args:
        folder: path of a folder that `kseg fit` wrote to.

    Returns:
        `RunFiles`.

    Raises:
        RunFolderError: if it is no run folder, or a file in it is damaged.

    Example:
        >>> read_run("/nowhere")
        Traceback (most recent call last):
            ...
        kseg.errors.RunFolderError: there is no recipe.yaml in it, so it is no run folder ...
    """
    folder = Path(folder)
    if not (folder / "recipe.yaml").is_file():
        raise RunFolderError(
            why="there is no recipe.yaml in it, so it is no run folder",
            file=folder,
            fix="give a folder that `kseg fit` wrote, such as runs/liver",
            code="KS-V10",
        )
    lock, cases = folder / LOCK_FILE, folder / "validation" / CASES_FILE
    judged = read_cases(cases) if cases.is_file() else None
    data = _data(folder / "data.json")
    log = read_log(folder / "log.jsonl")
    history, marked = read_history(folder / HISTORY_FILE)
    logged = history_of_log(log)
    has_gone_on = bool(logged and history) and logged[-1]["epoch"] > history[-1]["epoch"]
    if not lock.is_file() or has_gone_on:
        # The table is written at the end; that of a training before it was extended is there still.
        begin = logged[0]["epoch"] if logged else math.inf
        history = (*(row for row in history if row["epoch"] < begin), *logged)
    phantom = bool(data and data.phantom) or marked or bool(judged and judged.phantom)
    scores = judged.scores if judged else ()
    return RunFiles(
        folder=folder,
        locked=load_recipe(lock) if lock.is_file() else None,
        origins=read_json(folder / "recipe.origins.json"),
        environment=read_json(folder / "environment.json"),
        data=data,
        tolerance_mm=_tolerances(folder / "validation" / SUMMARY_FILE, scores),
        history=history,
        scores=scores,
        phantom=phantom,
        has_gone_on=has_gone_on,
        notes=notes_of_log(log),
    )


def read_json(path: Path) -> dict:
    """Return an object of JSON, empty where there is no such file.

    Args:
        path: path of the file.

    Returns:
        dict.

    Raises:
        RunFolderError: if it is no JSON, or another thing than an object.

    Example:
        >>> read_json(Path("/nowhere/environment.json"))
        {}
    """
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise damaged(path, str(error)) from error
    if not isinstance(content, dict):
        raise damaged(path, "it does not hold one JSON object")
    return content


def _data(path: Path) -> DataRecord | None:
    content = read_json(path)
    try:
        return DataRecord.from_dict(content) if content else None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(path, f"{type(error).__name__}: {error}") from error


def _tolerances(path: Path, scores: Sequence[LabelScore]) -> dict[str, float]:
    """Return the tolerance that the scores were made with, whatever the recipe says by now."""
    stored = read_json(path).get("tolerance_mm")
    labels = dict.fromkeys(score.label for score in scores)
    if isinstance(stored, int | float):
        return {label: float(stored) for label in labels}
    each = stored if isinstance(stored, dict) else {}
    return {label: float(each[label]) for label in labels if label in each}


def read_history(path: Path) -> tuple[tuple[dict[str, float], ...], bool]:
    """Return the rows of a history as numbers, and whether it is marked as a phantom's.

    Args:
        path: path of the file; one that is missing has no rows.

    Returns:
        The rows, NaN where nothing was measured, and the mark.

    Raises:
        RunFolderError: if a cell holds no number.

    Example:
        >>> read_history(Path("/nowhere/history.csv"))
        ((), False)
    """
    if not path.is_file():
        return (), False
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    marks = {row.pop("data", None) for row in rows}
    try:
        numbers = [{k: float(v) if v else math.nan for k, v in row.items()} for row in rows]
    except (TypeError, ValueError) as error:
        raise damaged(path, str(error)) from error
    return tuple(numbers), "phantom" in marks


def damaged(
    path: Path,
    why: str,
    fix: str = "restore the file from a copy, or remove it to have a report without it",
) -> RunFolderError:
    """Return the error of a file that cannot be read.

    Args:
        path: path of the file.
        why: str.
        fix: str.

    Returns:
        `RunFolderError`, to be raised.
    """
    return RunFolderError(why=f"it cannot be read: {why}", file=path, fix=fix, code="KS-V11")
