from concurrent.futures import Future

import pytest

from kseg.engine import WorkerDiedError
from kseg.errors import KsegError, ManifestError
from kseg.fit import RunStoppedError
from kseg.workflow.crossval_job import FoldEnd
from kseg.workflow.crossval_outcome import (
    FAILED,
    FINISHED,
    STOPPED,
    FoldOutcome,
    outcome_of,
    raise_common_error,
)


def ended_with(result=None, error=None):
    future = Future()
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
    return outcome_of(None, future)


def test_a_fold_finishes_or_is_stopped_or_fails():
    end = FoldEnd(3, 1.0)
    finished = ended_with(end)
    assert (finished.status, finished.end, finished.reason) == (FINISHED, end, "")
    stopped = ended_with(error=RunStoppedError(why="stopped by Ctrl-C", code="KS-G07"))
    assert (stopped.status, stopped.reason) == (STOPPED, "stopped by Ctrl-C")
    assert ended_with(error=MemoryError()).status == FAILED


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KsegError(why="it is empty", code="KS-A04"), "it is empty"),
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero"),
        (WorkerDiedError(-11), "its process was ended by signal SIGSEGV"),
        (WorkerDiedError(3), "its process was ended by exit code 3"),
    ],
)
def test_a_reason_is_told_in_words(error, reason):
    assert ended_with(error=error).reason == reason


def failed(error):
    return FoldOutcome(None, FAILED, error=error)


def test_what_all_folds_failed_of_is_raised_and_nothing_less():
    alike = [failed(ManifestError(why="no mask", code="KS-E10")) for _ in range(2)]
    with pytest.raises(ManifestError, match="no mask"):
        raise_common_error(alike)
    for other in (
        FoldOutcome(None, FINISHED),
        FoldOutcome(None, STOPPED, error=RunStoppedError(why="no mask", code="KS-E10")),
        failed(ManifestError(why="no scan", code="KS-E10")),
        failed(WorkerDiedError(-9)),
    ):
        raise_common_error([*alike, other])
