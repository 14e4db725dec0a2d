"""What a cross-validation says of its folds and at its end."""

import math
from collections.abc import Sequence

from kseg.errors import KsegError
from kseg.evaluate import Failure, Summary, failure_text, first_names
from kseg.words import counted
from kseg.workflow.crossval_files import deviation_over_folds
from kseg.workflow.crossval_folds import Crossval, Fold, spoken_folds
from kseg.workflow.crossval_outcome import FINISHED, STOPPED, FoldOutcome
from kseg.workflow.result import spoken_dice, spoken_name


def ended_line(outcome: FoldOutcome, earlier: Sequence[FoldOutcome] = ()) -> str:
    """Return what is said when a fold has ended.

    Args:
        outcome: `FoldOutcome`.
        earlier: `FoldOutcome`s of the folds that ended before; a reason is told once.

    Returns:
        str.
    """
    name = outcome.fold.name
    if outcome.status == FINISHED:
        minutes = outcome.end.seconds / 60
        return (
            f"{name} finished: {spoken_dice(outcome.summary)} over "
            f"{counted(outcome.summary.cases, 'whole validation case')}; "
            f"{counted(outcome.end.steps, 'step')} in {minutes:.1f} minutes"
        )
    if outcome.status == STOPPED:
        return f"{name} stopped, its training is saved"
    alike = [other for other in earlier if other.error and other.reason == outcome.reason]
    why = f"as {alike[0].fold.name} did" if alike else outcome.reason
    return f"{name} failed, {why}" if alike else f"{name} failed: {why}"


def final_line(crossval: Crossval, outcomes: Sequence[FoldOutcome], summary: Summary) -> str:
    """Return the line that a cross-validation ends with: how well, on what, and where it lies.

    Args:
        crossval: `Crossval`.
        outcomes: `FoldOutcome`s of all folds, all finished.
        summary: `Summary` of all cases.

    Returns:
        str.
    """
    return (
        f"{spoken_name(crossval.dataset)}, {len(outcomes)} folds: {spoken_dice(summary)} over "
        f"{counted(summary.cases, 'whole case')}, each validated once by a network that was not "
        "trained on it; standard deviation over folds "
        f"{_number(deviation_over_folds(outcomes))} -> {crossval.folder}"
    )


def incomplete_lines(
    crossval: Crossval, outcomes: Sequence[FoldOutcome], missing: Sequence[str]
) -> list[str]:
    """Return what is said where cases are missing: why, and that there is no mean over all.

    Args:
        crossval: `Crossval`.
        outcomes: `FoldOutcome`s of all folds.
        missing: ids of the cases without a score.

    Returns:
        List of str, each of one line or more; folds that failed of the same are told once.
    """
    unfinished = [outcome for outcome in outcomes if outcome.status != FINISHED]
    lines = []
    for failure, numbers in _failures(unfinished).items():
        lines.append(failure_text(Failure(spoken_folds(numbers), *failure)))
    stopped = [outcome.fold.number for outcome in unfinished if outcome.status == STOPPED]
    if stopped:
        lines.append(f"{spoken_folds(stopped)} stopped")
    numbers = [outcome.fold.number for outcome in unfinished]
    why = (
        f"{spoken_folds(numbers)} of {len(outcomes)} did not finish"
        if numbers
        else "no fold validates some cases"
    )
    lines.append(
        f"{spoken_name(crossval.dataset)}: INCOMPLETE, as {why}; {len(missing)} of "
        f"{len(crossval.cases)} cases have no score ({first_names(missing)}), so there is no mean "
        f"of this cross-validation. The same command does what is missing -> {crossval.folder}"
    )
    return lines


def _failures(outcomes: Sequence[FoldOutcome]) -> dict[tuple, list[int]]:
    """Return the reasons with the numbers of the folds that failed of them."""
    found: dict[tuple, list[int]] = {}
    for outcome in outcomes:
        error = outcome.error
        if error is None or outcome.status == STOPPED:
            continue
        if isinstance(error, KsegError):
            key = (error.why, error.code, _file_of(error, outcome.fold), error.fix)
        else:
            key = (outcome.reason, "KS-V23", None, f"see {outcome.fold.folder.name}.log")
        found.setdefault(key, []).append(outcome.fold.number)
    return found


def _file_of(error: KsegError, fold: Fold) -> str | None:
    """Return the file at fault; the fold's own folder is said already."""
    return None if error.file == str(fold.folder) else error.file


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"
