"""All that a training has to remember from one epoch to the next."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class FitState:
    """Where a training stands.

    Args:
        step: int, steps done.
        total_steps: int, steps of the whole training.
        validate_every_epochs: int, epochs between validations.
        elapsed_seconds: float, seconds spent so far, over all sittings.
        budget_seconds: float, the time that `total_steps` was made for, or None where steps were
            given.
        step_seconds: float, seconds of a step as measured last, or None.
        validation_seconds: float, seconds that the last validation took, or is expected to take.
        best_score: float, best validation score so far, or None.
        best_epoch: int, the epoch that reached it, or None.
        stopped_early: bool, whether early stopping ended the training.
        epoch_logs: loss and metrics of an epoch whose steps are done and which has not been
            validated and written down yet, or None.
        history: one dict for each finished epoch, the columns of `history.csv`.
        accepted: one dict for each sitting that went on with changes: the step, and the changes.
        trained_on: digests by the id of each case that any sitting has trained on.
    """

    step: int = 0
    total_steps: int = 0
    validate_every_epochs: int = 1
    elapsed_seconds: float = 0.0
    budget_seconds: float | None = None
    step_seconds: float | None = None
    validation_seconds: float = 0.0
    best_score: float | None = None
    best_epoch: int | None = None
    stopped_early: bool = False
    epoch_logs: dict[str, float | None] | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    trained_on: dict[str, list[str]] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """Number of finished epochs."""
        return len(self.history)

    @property
    def epoch_steps(self) -> int:
        """Steps done since the last finished epoch."""
        return self.step - (self.history[-1]["step"] if self.history else 0)

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to train or to write down."""
        if self.epoch_logs is not None:
            return False
        return self.stopped_early or 0 < self.total_steps <= self.step

    def reaches(self, share: float, step: int, seconds: float) -> bool:
        """Return whether a share of the training is done, as far as it is planned now.

        A share of a budget is over by the clock too, however slow the steps were.

        Args:
            share: float, 0 to 1; the whole of a budget has a law of its own.
            step: int, steps done.
            seconds: float, seconds spent.

        Returns:
            bool.
        """
        if share < 1 and self.budget_seconds is not None and seconds >= share * self.budget_seconds:
            return True
        # Not by division: 100 of 300 steps are a third, and 0.333… of them 99.99….
        return self.total_steps > 0 and step >= round(share * self.total_steps, 6)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)
