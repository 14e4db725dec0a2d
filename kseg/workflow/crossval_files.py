"""What a cross-validation writes: its record, the table of its folds, and that of all cases."""

import csv
import io
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kseg import __version__
from kseg.dataset import DataSet
from kseg.evaluate import (
    CASES_FILE,
    REPORT_FILE,
    SUMMARY_FILE,
    CaseNote,
    EvaluateSettings,
    LabelScore,
    LeftOut,
    Summary,
    write_tables,
)
from kseg.recipe import LoadedRecipe
from kseg.storage import remove_file, sha256_json, write_bytes, write_json, write_text
from kseg.workflow.crossval_outcome import FAILED, STOPPED, WAITING, FoldOutcome
from kseg.workflow.identity import recipe_identity
from kseg.workflow.outcome import change
from kseg.workflow.provenance import write_origins

CROSSVAL_FILE = "crossval.json"
FOLDS_FILE = "folds.csv"
VALIDATION = "validation"
_HOW = {FAILED: "failed", STOPPED: "was stopped", WAITING: "did not begin"}


@dataclass(frozen=True)
class Crossval:
    """What a cross-validation is of.

    Args:
        loaded: `LoadedRecipe`; its `data.fold` is not read.
        dataset: `DataSet`.
        engine: str, what ran the folds.
        workers: int, how many of them at a time.
    """

    loaded: LoadedRecipe
    dataset: DataSet
    engine: str
    workers: int


def begin_files(crossval: Crossval, folder: Path) -> None:
    """Write the recipe, and remove what an earlier sitting has made of all folds together.

    Args:
        crossval: `Crossval`.
        folder: folder of the cross-validation.
    """
    write_bytes(folder / "recipe.yaml", crossval.loaded.path.read_bytes())
    write_origins(crossval.loaded, folder)
    # Folds may be extended now, and then these tables would be of other networks than theirs.
    for name in (CASES_FILE, SUMMARY_FILE):
        remove_file(folder / VALIDATION / name)
    for name in (FOLDS_FILE, REPORT_FILE):
        remove_file(folder / name)


def write_record(
    crossval: Crossval,
    outcomes: Sequence[FoldOutcome],
    folder: Path,
    *,
    summary: Summary | None = None,
) -> None:
    """Write `crossval.json`: what it is, and what has come of each fold so far.

    Args:
        crossval: `Crossval`.
        outcomes: `FoldOutcome`s of all folds.
        folder: folder of the cross-validation.
        summary: `Summary` of all cases, once every fold has finished; or None.
    """
    loaded, dataset = crossval.loaded, crossval.dataset
    identity = recipe_identity(change(loaded.recipe, "data", fold="all"))
    write_json(
        folder / CROSSVAL_FILE,
        {
            "kseg": __version__,
            **({"data": "phantom"} if dataset.phantom else {}),
            "recipe": loaded.recipe.name,
            "recipe_sha256": sha256_json(identity),
            "data_set": dataset.name,
            "layout": dataset.source,
            "channels": list(dataset.channels),
            "labels": list(dataset.targets),
            "engine": crossval.engine,
            "workers": crossval.workers,
            "complete": summary is not None,
            "mean_dice": None if summary is None else _plain(summary.mean_dice),
            "deviation_over_folds": (
                None if summary is None else _plain(deviation_over_folds(outcomes))
            ),
            "folds": [_row_of(outcome) for outcome in outcomes],
        },
    )


def write_folds(dataset: DataSet, outcomes: Sequence[FoldOutcome], folder: Path) -> None:
    """Write `folds.csv`: a row for each fold, blank where it has not finished.

    Args:
        dataset: `DataSet`.
        outcomes: `FoldOutcome`s of all folds.
        folder: folder of the cross-validation.
    """
    labels = dataset.targets
    names = ["fold", "status", "cases", "mean_dice", *(f"dice_{label}" for label in labels)]
    names += ["steps", "seconds", *(["data"] if dataset.phantom else [])]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for outcome in outcomes:
        row = _row_of(outcome)
        dice = [row["dice"].get(label) for label in labels]
        cells = [row["fold"], row["status"], len(row["cases"]), row["mean_dice"], *dice]
        cells += [row["steps"], row["seconds"], *(["phantom"] if dataset.phantom else [])]
        writer.writerow(cells)
    write_text(folder / FOLDS_FILE, text.getvalue())


def write_pool(
    scores: Sequence[LabelScore],
    missing: Sequence[str],
    outcomes: Sequence[FoldOutcome],
    settings: EvaluateSettings,
    folder: Path,
    *,
    phantom: bool,
) -> Summary:
    """Write `validation/cases.csv` and `validation/summary.json` of all folds together.

    Args:
        scores: `LabelScore`s of all cases.
        missing: ids of the cases of folds that have not finished; the summary names them.
        outcomes: `FoldOutcome`s of all folds.
        settings: `EvaluateSettings`.
        folder: folder of the cross-validation.
        phantom: bool, the scans are synthetic.

    Returns:
        `Summary`.
    """
    left_out = None
    if missing:
        why = {
            case: f"{outcome.fold.name}, which validates it, {_HOW[outcome.status]}"
            + (f": {outcome.reason}" if outcome.reason else "")
            for outcome in outcomes
            if outcome.status in _HOW
            for case in outcome.fold.cases
        }
        notes = tuple(CaseNote(case, "missing", why[case]) for case in missing)
        left_out = LeftOut(missing=tuple(missing), notes=notes)
    return write_tables(
        folder / VALIDATION, scores, phantom=phantom, settings=settings, left_out=left_out
    )


def deviation_over_folds(outcomes: Sequence[FoldOutcome]) -> float:
    """Return the standard deviation of the folds' mean Dice, from n - 1; NaN under two folds.

    Args:
        outcomes: `FoldOutcome`s.

    Returns:
        float.
    """
    means = [outcome.summary.mean_dice for outcome in outcomes if outcome.summary is not None]
    means = [mean for mean in means if not math.isnan(mean)]
    return statistics.stdev(means) if len(means) > 1 else math.nan


def _row_of(outcome: FoldOutcome) -> dict[str, object]:
    fold, summary, end = outcome.fold, outcome.summary, outcome.end
    return {
        "fold": fold.number,
        "folder": fold.folder.name,
        "status": outcome.status,
        "reason": outcome.reason or None,
        "cases": list(fold.cases),
        "mean_dice": None if summary is None else _plain(summary.mean_dice),
        "dice": {entry.label: _plain(entry.dice.mean) for entry in summary.labels}
        if summary
        else {},
        "steps": None if end is None else end.steps,
        "seconds": None if end is None else round(end.seconds, 1),
        "accepted": [] if end is None else list(end.accepted),
    }


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value
