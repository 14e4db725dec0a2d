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
from tests.workflow.crossvals import planned


@pytest.fixture
def fold(tmp_path):
    return planned(tmp_path).folds[0]


def ended_with(fold, result=None, error=None):
    future = Future()
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
    return outcome_of(fold, future)


def test_a_fold_finishes_or_is_stopped_or_fails(fold):
    end = FoldEnd(3, 1.0)
    finished = ended_with(fold, end)
    assert (finished.status, finished.end, finished.reason) == (FINISHED, end, "")
    stopped = ended_with(fold, error=RunStoppedError(why="stopped by Ctrl-C", code="KS-G07"))
    assert (stopped.status, stopped.reason) == (STOPPED, "stopped by Ctrl-C")
    assert ended_with(fold, error=MemoryError()).status == FAILED


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KsegError(why="it is empty", code="KS-A04"), "it is empty"),
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero"),
        (WorkerDiedError(-11), "its process was ended by signal SIGSEGV"),
        (WorkerDiedError(3), "its process was ended by exit code 3"),
    ],
)
def test_a_reason_is_told_in_words(fold, error, reason):
    assert ended_with(fold, error=error).reason == reason


def test_a_reason_tells_no_place_of_a_file(fold):
    scan = fold.loaded.data_root / "imagesTr/case1.nii.gz"
    error = ManifestError(why=f"{scan} and /home/doe/a.nii are one", code="KS-E02")
    assert ended_with(fold, error=error).reason == "imagesTr/case1.nii.gz and a.nii are one"
    fault = OSError(5, "Input/output error", "/home/doe/a.nii")
    assert ended_with(fold, error=fault).reason == "OSError: Input/output error"


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
