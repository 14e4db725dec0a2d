import pytest

from kseg.engine import WorkerDiedError
from kseg.errors import KsegError
from kseg.evaluate import LabelScore, summarise
from kseg.fit import RunStoppedError
from kseg.workflow.crossval_job import FoldEnd
from kseg.workflow.crossval_outcome import FAILED, FINISHED, STOPPED, FoldOutcome
from kseg.workflow.crossval_words import ended_line, final_line, incomplete_lines
from tests.workflow.crossvals import planned


@pytest.fixture
def crossval(tmp_path):
    return planned(tmp_path)


def finished(fold, dice):
    summary = summarise([LabelScore(case, case, "organ", dice) for case in fold.cases])
    return FoldOutcome(fold, FINISHED, FoldEnd(1200, 90.0), summary=summary)


def test_a_fold_that_finished_says_how_well_and_how_long(crossval):
    assert ended_line(finished(crossval.folds[0], 0.5)) == (
        "fold 0 finished: mean Dice 0.5000 (organ 0.5000) over 2 whole validation cases; "
        "1,200 steps in 1.5 minutes"
    )


def test_a_reason_that_was_told_before_is_not_told_again(crossval):
    one, other, third = (
        FoldOutcome(fold, FAILED, error=KsegError(why=why, code="KS-G06"))
        for fold, why in zip(crossval.folds, ("too large", "too large", "too small"), strict=True)
    )
    assert ended_line(one) == "fold 0 failed: too large"
    assert ended_line(other, [one]) == "fold 1 failed, as fold 0 did"
    assert ended_line(third, [one, other]) == "fold 2 failed: too small"


def test_the_last_line_tells_the_spread_of_the_folds(crossval):
    outcomes = [finished(f, d) for f, d in zip(crossval.folds, (0.5, 0.6, 0.7), strict=True)]
    summary = summarise([LabelScore("a", "a", "organ", 0.6)])
    line = final_line(crossval, outcomes, summary)
    assert "3 folds: mean Dice 0.6000 (organ 0.6000) over 1 whole case, each" in line
    assert line.endswith(f"standard deviation over folds 0.1000 -> {crossval.folder}")


def test_folds_that_failed_of_one_reason_are_listed_together_with_what_to_do(crossval):
    first, second, third = crossval.folds
    outcomes = [
        FoldOutcome(
            fold,
            FAILED,
            error=KsegError(
                why="it does not fit", code="KS-G06", file=fold.folder, fix="--set patches.batch=1"
            ),
        )
        for fold in (first, third)
    ]
    outcomes.insert(1, FoldOutcome(second, FAILED, error=WorkerDiedError(-11)))
    lines = incomplete_lines(crossval, outcomes, [case for f in crossval.folds for case in f.cases])
    assert lines[0].splitlines() == [
        "folds 0 and 2 FAILED",
        "  why   it does not fit  [KS-G06]",
        "  fix   --set patches.batch=1",
    ]
    assert lines[1].startswith("fold 1 FAILED") and "SIGSEGV" in lines[1]
    assert "see fold_1.log" in lines[1]
    assert "INCOMPLETE, as folds 0, 1 and 2 of 3 did not finish; 6 of 6 cases" in lines[2]
    assert "there is no mean" in lines[2]


def test_a_fold_that_was_stopped_has_not_failed(crossval):
    error = RunStoppedError(why="stopped by the file stop", code="KS-G07")
    outcome = FoldOutcome(crossval.folds[0], STOPPED, error=error)
    assert ended_line(outcome) == "fold 0 stopped, its training is saved"
    lines = incomplete_lines(crossval, [outcome], ["case0"])
    assert lines[0] == "fold 0 stopped" and "FAILED" not in "".join(lines)
