"""What a cross-validation writes: its record, the table of its folds, and that of all cases."""

import csv
import io
import math
import statistics
from collections.abc import Sequence

from kseg import __version__
from kseg.evaluate import (
    CASES_FILE,
    REPORT_FILE,
    SUMMARY_FILE,
    CaseNote,
    LabelScore,
    LeftOut,
    Summary,
    write_tables,
)
from kseg.storage import remove_file, sha256_json, write_bytes, write_json, write_text
from kseg.workflow.crossval_folds import Crossval
from kseg.workflow.crossval_outcome import FAILED, STOPPED, WAITING, FoldOutcome
from kseg.workflow.identity import recipe_identity
from kseg.workflow.outcome import change
from kseg.workflow.provenance import write_origins

CROSSVAL_FILE = "crossval.json"
FOLDS_FILE = "folds.csv"
VALIDATION = "validation"
_HOW = {FAILED: "failed", STOPPED: "was stopped", WAITING: "did not begin"}


def begin_files(crossval: Crossval) -> None:
    """Write the recipe, and remove what an earlier sitting has made of all folds together.

    Args:
        crossval: `Crossval`.
    """
    folder = crossval.folder
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
    summary: Summary | None = None,
) -> None:
    """Write `crossval.json`: what it is, and what has come of each fold so far.

    Args:
        crossval: `Crossval`.
        outcomes: `FoldOutcome`s of all folds.
        summary: `Summary` of all cases, once every fold has finished; or None.
    """
    loaded, dataset = crossval.loaded, crossval.dataset
    identity = recipe_identity(change(loaded.recipe, "data", fold="all"))
    write_json(
        crossval.folder / CROSSVAL_FILE,
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


def write_folds(crossval: Crossval, outcomes: Sequence[FoldOutcome]) -> None:
    """Write `folds.csv`: a row for each fold, blank where it has not finished.

    Args:
        crossval: `Crossval`.
        outcomes: `FoldOutcome`s of all folds.
    """
    dataset, labels = crossval.dataset, crossval.dataset.targets
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
    write_text(crossval.folder / FOLDS_FILE, text.getvalue())


def write_pool(
    crossval: Crossval,
    outcomes: Sequence[FoldOutcome],
    scores: Sequence[LabelScore],
    missing: Sequence[str],
) -> Summary:
    """Write `validation/cases.csv` and `validation/summary.json` of all folds together.

    Args:
        crossval: `Crossval`.
        outcomes: `FoldOutcome`s of all folds.
        scores: `LabelScore`s of all cases.
        missing: ids of the cases that have none; the summary names them, and why.

    Returns:
        `Summary`.
    """
    left_out = None
    if missing:
        why = dict.fromkeys(missing, "no fold validates it")
        for outcome in outcomes:
            if outcome.status in _HOW:
                how = f"{outcome.fold.name}, which validates it, {_HOW[outcome.status]}"
                told = f"{how}: {outcome.reason}" if outcome.reason else how
                why |= dict.fromkeys(outcome.fold.cases, told)
        notes = tuple(CaseNote(case, "missing", why[case]) for case in missing)
        left_out = LeftOut(missing=tuple(missing), notes=notes)
    return write_tables(
        crossval.folder / VALIDATION,
        scores,
        phantom=crossval.dataset.phantom,
        settings=crossval.settings,
        left_out=left_out,
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
