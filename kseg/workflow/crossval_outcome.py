"""What comes of a fold of a cross-validation: its scores, or the reason why there are none."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from kseg.engine import WorkerDiedError
from kseg.errors import KsegError
from kseg.evaluate import LabelScore, Summary
from kseg.fit import RunStoppedError
from kseg.workflow.crossval_folds import Fold
from kseg.workflow.crossval_job import FoldEnd
from kseg.workflow.failure import failure_facts

FINISHED, FAILED, STOPPED, WAITING = "finished", "failed", "stopped", "waiting"


@dataclass(frozen=True)
class FoldOutcome:
    """What came of a fold.

    Args:
        fold: `Fold`.
        status: str, `"finished"`, `"failed"`, `"stopped"`, or `"waiting"` while it has not ended.
        end: `FoldEnd`, or None where its process did not come to its end.
        error: what ended it instead, or None.
        scores: tuple of `LabelScore` of a finished fold.
        summary: `Summary` of these, or None.
    """

    fold: Fold
    status: str
    end: FoldEnd | None = None
    error: BaseException | None = None
    scores: tuple[LabelScore, ...] = ()
    summary: Summary | None = None

    @property
    def reason(self) -> str:
        """Why it did not finish, without the places of files, for what may be handed on."""
        if self.error is None:
            return ""
        if isinstance(self.error, WorkerDiedError):
            return f"its process {self.error.told}"
        facts = failure_facts(self.error, self.fold.loaded.data_root)
        return f"{facts['error']}: {facts['why']}" if "error" in facts else facts["why"]


def outcome_of(fold: Fold, future: Future) -> FoldOutcome:
    """Return what came of the process of a fold; its scores are not looked at.

    Args:
        fold: `Fold`.
        future: `Future` that is done.

    Returns:
        `FoldOutcome`.
    """
    error = future.exception()
    if error is None:
        return FoldOutcome(fold, FINISHED, end=future.result())
    status = STOPPED if isinstance(error, RunStoppedError) else FAILED
    return FoldOutcome(fold, status, error=error)


def raise_common_error(outcomes: Sequence[FoldOutcome]) -> None:
    """Raise what all folds failed of, if it is one and the same mistake of recipe, data or folder.

    Args:
        outcomes: `FoldOutcome`s of all folds.

    Raises:
        KsegError: that of the first fold.
    """
    errors = [outcome.error for outcome in outcomes if outcome.status == FAILED]
    if len(errors) < len(outcomes) or not all(isinstance(error, KsegError) for error in errors):
        return
    if len({(error.why, error.code) for error in errors}) == 1:
        raise errors[0]
