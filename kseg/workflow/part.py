"""A share of a training that is made for its scores, as a trial of a search."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from kseg.errors import RecipeError
from kseg.fit import FitState, Job, fit
from kseg.recipe import Recipe
from kseg.workflow.memory import needed_bytes
from kseg.workflow.result import RunResult

_GIB = 2**30


def _goes_on(state: FitState) -> bool:
    return False


@dataclass(frozen=True)
class Part:
    """How much of a training is wanted; its model folder and its masks are not.

    The learning rate is that of the whole training, and a later part goes on from where this one
    ends, with its weights, its optimizer and the place of its schedule.

    Args:
        share: float, share (0 to 1] of the whole training after which it pauses.
        gives_up: function of the `FitState` after a validated epoch that says whether to pause
            there already; it must depend on the state alone.
        memory_bytes: int, memory that the training may need by estimate, or None.
    """

    share: float = 1.0
    gives_up: Callable[[FitState], bool] = _goes_on
    memory_bytes: int | None = None

    def train(self, job: Job, folder: Path, phantom: bool, validation_cases: int) -> RunResult:
        """Train this part of a whole training; its last epoch is validated as well.

        Args:
            job: `Job` of the whole training.
            folder: the run folder.
            phantom: bool, whether the scans are synthetic.
            validation_cases: int, cases of one validation.

        Returns:
            `RunResult` without a summary.
        """
        settings = replace(job.settings, until_share=self.share, validate_last=True)
        job = replace(job, settings=settings, gives_up=self.gives_up, output_bytes=0)
        return RunResult(
            folder,
            fit(job),
            None,
            phantom,
            parameters=sum(math.prod(weight.shape) for weight in job.model.trainable_variables),
            validation_cases=validation_cases,
        )

    def refuse_too_large(self, recipe: Recipe, model, patch_shape: tuple[int, ...]) -> None:
        """Refuse a network that would not fit, before anything of its size is computed.

        Args:
            recipe: `Recipe`, its precision resolved.
            model: the network.
            patch_shape: ints, shape of one patch without the batch: (z, y, x, channels).

        Raises:
            RecipeError: with the estimate and the limit.
        """
        if self.memory_bytes is None:
            return
        needed = needed_bytes(recipe, model, patch_shape)
        if needed > self.memory_bytes:
            raise RecipeError(
                why=f"it does not fit: training would need about {needed / _GIB:.1f} GiB by an "
                f"estimate from its weights and layers, and {self.memory_bytes / _GIB:.1f} GiB "
                "are its share",
                fix="a smaller patch, batch or network; or a larger tune.memory",
                code="KS-H04",
            )
