"""What one training is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import keras

from kseg.fit.clock import Clock
from kseg.fit.state import FitState
from kseg.fit.stop import Stop


class Validation(Protocol):
    """What the loop asks of validation on whole cases."""

    def __call__(self, model: keras.Model) -> Mapping[str, float | None]:
        """Return scores by column name, None where there is none; `Job.score` always has one."""

    def estimate_seconds(self, model: keras.Model) -> float:
        """Return about how many seconds a call takes."""


@dataclass(frozen=True)
class FitSettings:
    """How long and how a training runs; exactly one of `steps` and `budget_seconds` is given.

    Args:
        steps: int, steps of the whole training, or None.
        budget_seconds: float, seconds from the clock's start to the final weights, or None.
        steps_per_epoch: int, steps of an epoch.
        validate_every_epochs: int, epochs between validations.
        patience_epochs: int, epochs without a better validation after which training stops, or
            None. With it the best weights are kept, without it the last.
        validate_last: bool, validate the last epoch too even if nothing is decided by it.
        until_share: float, share (0 to 1) of the training after which it pauses: the epoch that
            reaches it is validated and saved, and the next sitting goes on from there.
    """

    steps: int | None
    budget_seconds: float | None
    steps_per_epoch: int
    validate_every_epochs: int
    patience_epochs: int | None = None
    validate_last: bool = False
    until_share: float = 1.0


@dataclass(frozen=True, eq=False)
class Job:
    """One training and what it works with.

    Args:
        model: compiled Keras model, its optimizer built.
        set_total_steps: function that tells the schedule how long the training is.
        stream: function from a step to the endless dataset that starts there.
        cases_of_step: function from a step to the ids of the cases in its batch.
        validate: `Validation`, or None.
        settings: `FitSettings`.
        checkpoints: path of the folder of checkpoints.
        identity: plain data, what must not change for a training to go on with the same bits.
        clock: `Clock`, started at the first read of data.
        log: function of a sentence and of named facts.
        progress: function of the steps done, the steps in all, and what is being done.
        score: str, the column of the validation that says how good it is; the higher the better.
        accepted: sentences, the changes with which the training may go on all the same.
        judged_otherwise: bool, whether the accepted changes make scores from now on and scores
            from before incomparable.
        trained_on: digests by the id of each case that this and earlier sittings train on.
        stop: `Stop`, asked after every step.
        taken_up: function that is called once a training that was begun before is sure to go on.
        before_saving: function that is called before each checkpoint, and may refuse it.
        output_bytes: int, about as many bytes as will be written after the training.
        gives_up: function of the state after an epoch that says whether to pause there, however
            much is left. It is asked again when a sitting begins, and must depend on the state
            alone, so that a training that was interrupted pauses where it would have done.
    """

    model: keras.Model
    set_total_steps: Callable[[int], None]
    stream: Callable[[int], Any]
    cases_of_step: Callable[[int], Sequence[str]]
    validate: Validation | None
    settings: FitSettings
    checkpoints: Path
    identity: Mapping[str, object]
    clock: Clock
    log: Callable[..., None]
    progress: Callable[[int, int, str], object] = lambda done, total, what: None
    score: str = "val_dice"
    accepted: Sequence[str] = ()
    judged_otherwise: bool = False
    trained_on: Mapping[str, Sequence[str]] = field(default_factory=dict)
    stop: Stop = field(default_factory=Stop)
    taken_up: Callable[[], object] = lambda: None
    before_saving: Callable[[], object] = lambda: None
    output_bytes: int = 0
    gives_up: Callable[[FitState], bool] = lambda state: False
