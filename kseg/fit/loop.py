"""The training loop: epochs, validation, checkpoints, early stopping and the clock."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kseg.errors import RecipeError, RunFolderError
from kseg.fit.averaging import adopt_averages, averaged_weights
from kseg.fit.budget import Pace, plan_budget, seconds_to_train
from kseg.fit.checkpoint import (
    BEST_PREFIX,
    Checkpoint,
    read_checkpoint,
    restore_arrays,
    training_variables,
    write_checkpoint,
)
from kseg.fit.job import Job, TrainingDivergedError
from kseg.fit.rehearsal import measure_step_seconds
from kseg.fit.state import FitState

# A rehearsal may take this share of a budget, and never more than so many seconds.
REHEARSAL_SHARE, REHEARSAL_SECONDS = 0.03, 15.0
# Timings scatter; the number of steps is changed only if it is off by more than this share.
TOLERATED_SHARE = 0.03


def fit(job: Job) -> FitState:
    """Train to the end, going on from the newest checkpoint if there is one.

    Args:
        job: `Job`. Afterwards its model holds the final weights: the running mean where the
            optimizer keeps one, the best ones where early stopping is on.

    Returns:
        `FitState` at the end.

    Raises:
        TrainingDivergedError: if the loss stops being a finite number.
    """
    trainer = _Trainer(job)
    trainer.begin()
    trainer.train()
    trainer.adopt_final_weights()
    return trainer.state


class _Trainer(keras.callbacks.Callback):
    """Keeps the books of one training while `model.fit` runs its steps."""

    def __init__(self, job: Job):
        super().__init__()
        self.job = job
        self.state = FitState()
        self.best: dict[str, np.ndarray] = {}
        self._saved: dict[str, np.ndarray] = {}
        self._epoch_started: float | None = None
        self._is_traced = False

    def begin(self) -> None:
        """Restore the newest checkpoint, or fix the number of steps."""
        job, found = self.job, read_checkpoint(self.job.checkpoints)
        if found is None:
            self._plan_length()
        else:
            self._restore(found)
        job.set_total_steps(self.state.total_steps)
        job.log(
            f"training {self.state.total_steps} steps of which {self.state.step} are done",
            total_steps=self.state.total_steps,
            step=self.state.step,
        )

    def train(self) -> None:
        """Run whole epochs, then the shorter last one."""
        per_epoch = self.job.settings.steps_per_epoch
        while not self.state.finished:
            left = self.state.total_steps - self.state.step
            self.job.model.fit(
                self.job.stream(self.state.step),
                epochs=max(1, left // per_epoch),
                steps_per_epoch=min(per_epoch, left),
                shuffle=False,
                verbose=0,
                callbacks=[self],
            )
            # `model.fit` ends by putting the running means into the model; training must go on
            # from the trained weights.
            restore_arrays(training_variables(self.job.model), self._saved)

    def adopt_final_weights(self) -> None:
        """Put the weights into the model that the training ends with."""
        if self.best:
            _assign_best(self.job.model, self.best)
        else:
            adopt_averages(self.job.model)

    def on_epoch_begin(self, epoch, logs=None):
        """Start the stopwatch; not while the network may still have to be traced."""
        is_timed = epoch or self._is_traced
        self._epoch_started = self.job.clock.elapsed_seconds() if is_timed else None

    def on_train_batch_end(self, batch, logs=None):
        """Count the step; stop at once if the loss is not a number."""
        if not math.isfinite(float(logs["loss"])):
            raise self._diverged(f"the loss was {float(logs['loss'])}", self.state.step)
        self.state.step += 1
        self.job.progress(self.state.step, self.state.total_steps, "training")

    def on_epoch_end(self, epoch, logs=None):
        """Validate, decide whether to stop, keep within the budget and save."""
        state, settings = self.state, self.job.settings
        trained_until = self.job.clock.elapsed_seconds()
        row = {"epoch": state.epoch + 1, "step": state.step, "total_steps": state.total_steps}
        row |= _plain(logs)
        row["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        row[self.job.score] = None
        if self._validation_is_due(row["epoch"]):
            row.update(self._validate(row["epoch"]))
        row["seconds"] = round(self.job.clock.elapsed_seconds(), 1)
        state.history.append(row)
        if self._epoch_started is not None:
            self._keep_to_budget((trained_until - self._epoch_started) / self.params["steps"])
        state.elapsed_seconds = self.job.clock.elapsed_seconds()
        self._save()
        self.job.log(_epoch_line(row, state, self.job.score), **row)
        left = state.total_steps - state.step
        if state.stopped_early or left < settings.steps_per_epoch:
            self.model.stop_training = True

    def _plan_length(self) -> None:
        settings, job = self.job.settings, self.job
        self.state.validate_every_epochs = settings.validate_every_epochs
        if settings.steps is not None:
            self.state.total_steps = settings.steps
            return
        share = min(REHEARSAL_SHARE * settings.budget_seconds, REHEARSAL_SECONDS)
        step_seconds = measure_step_seconds(job.model, job.stream(0), share)
        self._is_traced = True
        validation = 0.0 if job.validate is None else job.validate.estimate_seconds(job.model)
        self.state.validation_seconds = validation
        self._refuse_spent_budget()
        plan = plan_budget(
            seconds_to_train(settings.budget_seconds, job.clock.elapsed_seconds()),
            Pace(step_seconds, validation),
            steps_per_epoch=settings.steps_per_epoch,
            validate_every_epochs=settings.validate_every_epochs,
        )
        self.state.total_steps = plan.steps
        self.state.validate_every_epochs = plan.validate_every_epochs
        job.log(
            f"the budget is worth {plan.steps} steps of {step_seconds:.3f} s, "
            f"validating every {plan.validate_every_epochs} epochs (about {validation:.1f} s each)",
            step_seconds=step_seconds,
            validation_seconds=validation,
        )

    def _refuse_spent_budget(self) -> None:
        spent, budget = self.job.clock.elapsed_seconds(), self.job.settings.budget_seconds
        if seconds_to_train(budget, spent) == 0:
            raise RecipeError(
                why=f"reading the data and starting up took {spent:.0f} s, all of the budget of "
                f"{budget:.0f} s",
                file=self.job.checkpoints.parent,
                fix="run it again: the prepared data are kept; or give a longer --budget",
                code="KS-G15",
            )

    def _restore(self, found: Checkpoint) -> None:
        if found.fingerprint != self.job.fingerprint:
            raise RunFolderError(
                why="this run folder holds a training with another recipe, data or version",
                file=self.job.checkpoints,
                fix="give another folder with --out, or remove this one",
                code="KS-G10",
            )
        restore_arrays(training_variables(self.job.model), found.arrays)
        self.best = {
            name.removeprefix(BEST_PREFIX): array
            for name, array in found.arrays.items()
            if name.startswith(BEST_PREFIX)
        }
        self.state = found.state
        self.job.clock.spent_before = found.state.elapsed_seconds

    def _validation_is_due(self, epoch: int) -> bool:
        if self.job.validate is None:
            return False
        last = self.state.step >= self.state.total_steps
        # The last epoch is judged by the final validation, unless it may turn out not the best.
        if last:
            settings = self.job.settings
            return settings.validate_last or settings.patience_epochs is not None
        return epoch % self.state.validate_every_epochs == 0

    def _validate(self, epoch: int) -> dict[str, float]:
        state, patience = self.state, self.job.settings.patience_epochs
        started = self.job.clock.elapsed_seconds()
        with averaged_weights(self.model):
            scores = dict(self.job.validate(self.model))
            score = scores[self.job.score]
            if state.best_score is None or score > state.best_score:
                state.best_score, state.best_epoch = score, epoch
                if patience is not None:
                    self.best = {v.path: v.numpy() for v in self.model.weights}
        state.validation_seconds = self.job.clock.elapsed_seconds() - started
        if patience is not None and epoch - (state.best_epoch or epoch) >= patience:
            state.stopped_early = True
            self.job.log(f"no better validation since epoch {state.best_epoch}: stopping early")
        return scores

    def _keep_to_budget(self, step_seconds: float) -> None:
        """Fit the rest of the schedule to the time left, if the machine got slower or faster."""
        settings, state = self.job.settings, self.state
        left = state.total_steps - state.step
        if settings.budget_seconds is None or left <= 0:
            return
        plan = plan_budget(
            seconds_to_train(settings.budget_seconds, self.job.clock.elapsed_seconds()),
            Pace(step_seconds, state.validation_seconds),
            steps_per_epoch=settings.steps_per_epoch,
            validate_every_epochs=state.validate_every_epochs,
        )
        # Else validations that turn out slow would take the time that the plan leaves to training.
        state.validate_every_epochs = plan.validate_every_epochs
        if abs(plan.steps - left) > TOLERATED_SHARE * left:
            state.total_steps = state.step + plan.steps
            self.job.set_total_steps(state.total_steps)
            self.job.log(
                f"a step takes {step_seconds:.3f} s now: {state.total_steps} steps in all",
                total_steps=state.total_steps,
                step_seconds=step_seconds,
            )

    def _save(self) -> None:
        variables = training_variables(self.model)
        self._saved = {name: np.asarray(v.numpy()) for name, v in variables.items()}
        if not all(map(_is_finite, self._saved.values())):
            # The loss of the last step was a number and its gradient was not.
            raise self._diverged("not all weights were finite numbers", self.state.step - 1)
        arrays = self._saved | {f"{BEST_PREFIX}{name}": array for name, array in self.best.items()}
        write_checkpoint(self.job.checkpoints, Checkpoint(self.state, self.job.fingerprint, arrays))

    def _diverged(self, what: str, step: int) -> TrainingDivergedError:
        # A gradient that is no number shows in the loss one step later, so both steps are named.
        steps = [step - 1, step] if step else [step]
        cases = dict.fromkeys(case for one in steps for case in self.job.cases_of_step(one))
        return TrainingDivergedError(
            why=f"{what} after step {step}; the patches of the last steps came from: "
            + ", ".join(cases),
            file=self.job.checkpoints.parent,
            fix="look at these cases; lower `optimizer.learning_rate`, or raise "
            "`schedule.warmup_steps`; the last checkpoint is from before this step",
            code="KS-G05",
        )


def _assign_best(model: keras.Model, best: Mapping[str, np.ndarray]) -> None:
    for weight in model.weights:
        weight.assign(best[weight.path])


def _is_finite(array: np.ndarray) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _plain(logs) -> dict[str, float | None]:
    """Return numbers that JSON can hold; a metric without a value is left blank."""
    numbers = {name: float(value) for name, value in (logs or {}).items()}
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


def _epoch_line(row: Mapping[str, Any], state: FitState, score: str) -> str:
    val = "" if row[score] is None else f", {score} {row[score]:.4f}"
    dice = "" if row.get("patch_dice") is None else f", patch_dice {row['patch_dice']:.4f}"
    return (
        f"epoch {row['epoch']}  step {row['step']}/{state.total_steps}  loss {row['loss']:.4f}"
        f"{dice}{val}  ({row['seconds']:.0f} s)"
    )
