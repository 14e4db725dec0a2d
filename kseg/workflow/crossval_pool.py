"""The scores of all folds as one table, in which every case stands once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kseg.errors import KsegError
from kseg.evaluate import CASES_FILE, LabelScore, read_cases, summarise
from kseg.workflow.crossval_folds import Fold
from kseg.workflow.crossval_outcome import FAILED, FINISHED, FoldOutcome

CODE = "KS-V22"


def fold_scores(fold: Fold, labels: Sequence[str]) -> tuple[LabelScore, ...]:
    """Read the scores of a finished fold, which must be those of its own cases and labels.

    Args:
        fold: `Fold`.
        labels: names of the labels or regions that are judged.

    Returns:
        tuple of `LabelScore`.

    Raises:
        KsegError: KS-V22 if a case or a label is missing or not the fold's; or why the table
            cannot be read.
    """
    path = fold.folder / "validation" / CASES_FILE
    try:
        scores = read_cases(path).scores
    except OSError as error:
        raise _refused(f"its table cannot be read: {error.strerror}", fold) from error
    wanted = dict.fromkeys((case, label) for case in fold.cases for label in labels)
    found = dict.fromkeys((score.case, score.label) for score in scores)
    lacking = [pair for pair in wanted if pair not in found]
    strange = [pair for pair in found if pair not in wanted]
    for told, differing in (("lacks", lacking), ("holds what is not its own:", strange)):
        if differing:
            rows = ", ".join(f"{label} of {case}" for case, label in differing[:3])
            more = f" and {len(differing) - 3} rows more" if len(differing) > 3 else ""
            raise _refused(f"its table {told} {rows}{more}", fold)
    return scores


def judged(outcome: FoldOutcome, labels: Sequence[str]) -> FoldOutcome:
    """Return the outcome of a fold with its scores, if it finished.

    Args:
        outcome: `FoldOutcome`.
        labels: names of the labels or regions that are judged.

    Returns:
        `FoldOutcome`; that of a fold that failed where its scores cannot be used.
    """
    if outcome.status != FINISHED:
        return outcome
    try:
        scores = fold_scores(outcome.fold, labels)
    except KsegError as error:
        return replace(outcome, status=FAILED, error=error)
    return replace(outcome, scores=scores, summary=summarise(scores))


def pool_scores(
    tables: Mapping[int, Sequence[LabelScore]], cases: Sequence[str]
) -> tuple[tuple[LabelScore, ...], tuple[str, ...]]:
    """Put the tables of several folds together.

    Args:
        tables: `LabelScore`s by the number of the fold.
        cases: ids of all cases that some fold validates.

    Returns:
        The scores in the order of the cases, and the ids of the cases without a score.

    Raises:
        KsegError: KS-V22 if a case is in two folds, or is none of these cases: a mean over such a
            table would count it wrongly.

    Example:
        >>> one, other = LabelScore("a", "a", "liver", 0.9), LabelScore("b", "b", "liver", 0.8)
        >>> scores, missing = pool_scores({0: [other], 1: [one]}, ["a", "b", "c"])
        >>> [score.case for score in scores], missing
        (['a', 'b'], ('c',))
    """
    of_case: dict[str, dict[int, list[LabelScore]]] = {case: {} for case in cases}
    for fold, scores in tables.items():
        for score in scores:
            if score.case not in of_case:
                raise _twice(f"the case {score.case} of fold {fold} is in no fold of today")
            of_case[score.case].setdefault(fold, []).append(score)
    for case, found in of_case.items():
        if len(found) > 1:
            numbers = " and ".join(map(str, found))
            raise _twice(f"the case {case} is validated more than once, in the folds {numbers}")
    pooled = [score for found in of_case.values() for scores in found.values() for score in scores]
    return tuple(pooled), tuple(case for case, found in of_case.items() if not found)


def _refused(why: str, fold: Fold) -> KsegError:
    return KsegError(
        why=why,
        code=CODE,
        file=fold.folder / "validation" / CASES_FILE,
        fix="remove this table; the same command then validates the fold again",
    )


def _twice(why: str) -> KsegError:
    return KsegError(
        why=f"{why}, so there is no table of all folds",
        code=CODE,
        fix="give another folder with --out, and report it to kseg if it happens again",
    )
