"""The training loop: epochs, validation, early stopping, the clock, and where it stops."""

import math
from collections.abc import Mapping

import keras

from kseg.fit.averaging import adopt_averages, averaged_weights
from kseg.fit.checkpoint import read_checkpoint
from kseg.fit.collapse import collapsed_labels
from kseg.fit.diverged import diverged
from kseg.fit.job import Job
from kseg.fit.keeper import Keeper
from kseg.fit.length import budget_is_over, change_length, keep_to_budget, plan_length
from kseg.fit.row import epoch_line, plain_numbers
from kseg.fit.state import FitState
from kseg.fit.stop import Stopped
from kseg.words import counted

# Within an epoch that takes longer, the training is saved as well.
LONGEST_UNSAVED_SECONDS = 600.0


def fit(job: Job) -> FitState:
    """Train to the end, going on from the newest checkpoint if there is one.

    A training that is finished goes on if more steps or time are asked for than before, unless it
    stopped early: then only more patience goes on with it. It goes on from its last trained
    weights, not from their running means or the best ones, and its learning rate is from then on
    that of a training of the new length.

    Args:
        job: `Job`. Afterwards its model holds the final weights: the running mean where the
            optimizer keeps one, the best ones where early stopping is on.

    Returns:
        `FitState` at the end.

    Raises:
        TrainingDivergedError: if the loss stops being a finite number.
        RunFolderError: if the checkpoints belong to another training, or the disk is full.
        RecipeError: if a length is asked for that cannot be.
        Stopped: if the job was asked to stop; all that was trained is saved by then.
    """
    trainer = _Trainer(job)
    trainer.begin()
    with job.stop.waiting():
        trainer.train()
    trainer.adopt_final_weights()
    return trainer.state


class _Trainer(keras.callbacks.Callback):
    """Keeps the books of one training while `model.fit` runs its steps."""

    def __init__(self, job: Job):
        super().__init__()
        self.job = job
        self.keeper = Keeper(job)
        self.state = FitState()
        self._last_logs: Mapping[str, object] = {}
        self._epoch_started: float | None = None
        self._step_before = 0
        self._is_traced = False

    def begin(self) -> None:
        """Take up the newest checkpoint, or fix the number of steps."""
        job, found = self.job, read_checkpoint(self.job.checkpoints, self.job.log)
        trained_on = {case: list(digests) for case, digests in job.trained_on.items()}
        if found is None:
            self.keeper.refuse_full_disk()
            self.state.trained_on = trained_on
            plan_length(job, self.state)
            # A rehearsal was part of it.
            self._is_traced = self.state.step_seconds is not None
        else:
            self.state = self.keeper.take_up(found)
            self.state.trained_on = trained_on
            before = self.state.total_steps
            change_length(job, self.state)
            if not self.state.finished:
                self.keeper.refuse_full_disk()
            if job.accepted or self.state.total_steps != before:
                # At once, so that the folder tells of the change even if no step follows.
                self.keeper.save(self.state)
            if job.accepted:
                what = f"from step {self.state.step} on with changes that were accepted: "
                job.log(what + "; ".join(job.accepted), accepted=list(job.accepted))
            job.taken_up()
        job.set_total_steps(self.state.total_steps)
        done, total = self.state.step, self.state.total_steps
        what = f"training {counted(total, 'step')} of which {done} are done"
        if self.state.finished:
            what = f"the training is finished: {done} of {total} steps are done"
            what += ", since it stopped early" * (self.state.stopped_early and done < total)
        job.log(what, total_steps=total, step=done)

    def train(self) -> None:
        """Run the rest of an epoch that was begun, whole epochs, then the shorter last one."""
        while not (self.state.finished or self._pauses()):
            if self.state.epoch_logs is not None:
                self._end_epoch(self.state.epoch_logs)
            else:
                self._run_epochs()

    def adopt_final_weights(self) -> None:
        """Put the weights into the model that the training ends with."""
        if self.keeper.best:
            for weight in self.job.model.weights:
                weight.assign(self.keeper.best[weight.path])
        else:
            adopt_averages(self.job.model)

    def on_epoch_begin(self, epoch, logs=None):
        """Take up an epoch that was begun; time it, unless the network may have to be traced."""
        self.keeper.take_up_metrics(self.state.step)
        is_timed = epoch or self._is_traced
        self._epoch_started = self.job.clock.elapsed_seconds() if is_timed else None
        self._step_before = self.state.step

    def on_train_batch_end(self, batch, logs=None):
        """Count the step; stop at once if the loss is not a number, save if asked to stop."""
        job, state = self.job, self.state
        if not math.isfinite(float(logs["loss"])):
            raise diverged(job, f"the loss was {float(logs['loss'])}", state.step)
        state.step += 1
        self._last_logs = logs
        job.progress(state.step, state.total_steps, "training")
        if job.stop.is_asked():
            if batch + 1 == self.params["steps"]:
                state.epoch_logs = plain_numbers(logs)
            self.keeper.save(state)
            raise Stopped(job.stop.reason)
        if budget_is_over(job, state):
            job.log(f"the budget is over after step {state.step} of {state.total_steps}")
            state.total_steps = state.step
            job.model.stop_training = True
        elif job.clock.elapsed_seconds() - self.keeper.saved_at > LONGEST_UNSAVED_SECONDS:
            self.keeper.save(state)

    def on_epoch_end(self, epoch, logs=None):
        """Time the epoch, and end it by what its last step told of it."""
        if self._epoch_started is not None:
            took = self.job.clock.elapsed_seconds() - self._epoch_started
            # Not by the steps that were planned: a budget may have ended the epoch before these.
            self.state.step_seconds = took / (self.state.step - self._step_before)
        # Not by `logs`, which are computed outside the traced step and may differ in the last bit:
        # an epoch that ends in another sitting has only what was saved after its last step.
        self._end_epoch(plain_numbers(self._last_logs))
        left = self.state.total_steps - self.state.step
        is_short = left < self.job.settings.steps_per_epoch
        if self.state.stopped_early or is_short or self._pauses():
            self.job.model.stop_training = True

    def _pauses(self) -> bool:
        """Return whether this sitting ends here, between two epochs, with the training unfinished.

        An epoch that was begun or is not yet written down is always brought to its end.
        """
        state = self.state
        if not state.history or state.epoch_steps or state.epoch_logs is not None:
            return False
        # A budget may turn out shorter while an epoch ends, after it was decided not to validate.
        is_judged = self.job.validate is None or state.history[-1][self.job.score] is not None
        return is_judged and (self._share_is_done() or self.job.gives_up(state))

    def _share_is_done(self) -> bool:
        """Return whether this sitting's share is trained: of the steps, or of a budget's time."""
        share, seconds = self.job.settings.until_share, self.job.clock.elapsed_seconds()
        return share < 1 and self.state.reaches(share, self.state.step, seconds)

    def _run_epochs(self) -> None:
        job, state = self.job, self.state
        left, per_epoch = state.total_steps - state.step, job.settings.steps_per_epoch
        epochs, steps = max(1, left // per_epoch), per_epoch
        if state.epoch_steps:
            epochs, steps = 1, max(1, per_epoch - state.epoch_steps)
        job.model.fit(
            job.stream(state.step),
            epochs=epochs,
            steps_per_epoch=min(steps, left),
            shuffle=False,
            verbose=0,
            callbacks=[self],
        )
        # `model.fit` ends by putting the running means into the model; training must go on from
        # the trained weights.
        self.keeper.restore_trained()

    def _end_epoch(self, logs: dict[str, float | None]) -> None:
        """Validate, decide whether to stop, keep within the budget and save."""
        state, job = self.state, self.job
        state.epoch_logs = logs
        row = {"epoch": state.epoch + 1, "step": state.step, "total_steps": state.total_steps}
        row |= logs
        row["learning_rate"] = float(keras.ops.convert_to_numpy(job.model.optimizer.learning_rate))
        row[job.score] = None
        if self._validation_is_due(row["epoch"]):
            row.update(self._validate(row["epoch"]))
        row["seconds"] = round(job.clock.elapsed_seconds(), 1)
        state.history.append(row)
        state.epoch_logs = None
        if self._epoch_started is not None:
            keep_to_budget(job, state)
        self.keeper.save(state)
        job.log(epoch_line(row, state.total_steps, job.score), **row)

    def _validation_is_due(self, epoch: int) -> bool:
        if self.job.validate is None:
            return False
        # The last epoch is judged by the final validation, unless it may turn out not the best.
        if self.state.step >= self.state.total_steps:
            settings = self.job.settings
            return settings.validate_last or settings.patience_epochs is not None
        return self._share_is_done() or epoch % self.state.validate_every_epochs == 0

    def _validate(self, epoch: int) -> dict[str, float | None]:
        state, started = self.state, self.job.clock.elapsed_seconds()
        try:
            with averaged_weights(self.job.model):
                with self.job.stop.at_once():
                    scores = dict(self.job.validate(self.job.model))
                self._keep_best(epoch, scores[self.job.score])
        except Stopped:
            # By now the model holds its trained weights again; the next sitting validates anew.
            self.keeper.save(state)
            raise
        state.validation_seconds = self.job.clock.elapsed_seconds() - started
        self._warn_of_collapse(epoch, scores)
        patience = self.job.settings.patience_epochs
        if patience is not None and epoch - (state.best_epoch or epoch) >= patience:
            state.stopped_early = True
            self.job.log(f"no better validation since epoch {state.best_epoch}: stopping early")
        return scores

    def _keep_best(self, epoch: int, score: float) -> None:
        if self.state.best_score is None or score > self.state.best_score:
            self.state.best_score, self.state.best_epoch = score, epoch
            if self.job.settings.patience_epochs is not None:
                self.keeper.best = {v.path: v.numpy() for v in self.job.model.weights}

    def _warn_of_collapse(self, epoch: int, scores: Mapping[str, float | None]) -> None:
        lost = collapsed_labels(self.state.history, scores, self.job.score)
        for label, (when, best) in lost.items():
            self.job.log(
                f"warning: in epoch {epoch} nothing of {label} was found any more: its validation "
                f"Dice is 0, after {best:.4f} in epoch {when}",
                label=label,
                epoch=epoch,
            )
