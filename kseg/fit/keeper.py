"""All of a training that is saved, and how it is taken up again."""

from collections.abc import Mapping, Sequence

import numpy as np

from kseg.errors import RunFolderError
from kseg.fit.checkpoint import Checkpoint, stored_bytes, write_checkpoint
from kseg.fit.disk_space import refuse_full_disk
from kseg.fit.diverged import diverged
from kseg.fit.job import Job
from kseg.fit.state import FitState
from kseg.fit.variables import (
    build_metrics,
    metric_variables,
    misfits,
    read_variables,
    restore_arrays,
    training_variables,
)
from kseg.storage import sha256_json

BEST_PREFIX = "best/"
_TRAINED, _METRICS = ("model/", "optimizer/"), ("metrics/",)


class Keeper:
    """Save a training as it goes, and take it up again.

    Args:
        job: `Job`.

    Attributes:
        best: the weights with the best validation by path; empty without early stopping.
        saved_at: float, seconds on the job's clock when it was saved last.
    """

    def __init__(self, job: Job):
        self._job = job
        self._trained: Mapping[str, np.ndarray] = {}
        self._metrics: Mapping[str, np.ndarray] = {}
        self.best: dict[str, np.ndarray] = {}
        self.saved_at = job.clock.elapsed_seconds()

    def refuse_full_disk(self) -> None:
        """Refuse to begin where checkpoints and masks would fill the disk.

        Raises:
            RunFolderError: with the number of bytes that are missing.
        """
        job = self._job
        variables = training_variables(job.model).values()
        state_bytes = sum(variable.numpy().nbytes for variable in variables)
        if job.settings.patience_epochs is not None:
            state_bytes += sum(weight.numpy().nbytes for weight in job.model.weights)
        refuse_full_disk(
            job.checkpoints.parent, state_bytes, job.output_bytes, stored_bytes(job.checkpoints)
        )

    def take_up(self, found: Checkpoint) -> FitState:
        """Give the model all that was saved, and return where the training stands.

        Args:
            found: `Checkpoint`.

        Returns:
            `FitState`.

        Raises:
            RunFolderError: if it belongs to another training, or to another network.
        """
        job, state, arrays = self._job, found.state, found.arrays
        self._refuse_another(found)
        restore_arrays(training_variables(job.model), arrays)
        self._metrics = _beginning(arrays, _METRICS)
        patience = job.settings.patience_epochs
        if patience is not None:
            best = _beginning(arrays, (BEST_PREFIX,))
            self.best = {name.removeprefix(BEST_PREFIX): best[name] for name in best}
            if not self.best:
                # Nothing was kept of the epoch that was the best without early stopping.
                state.best_score = state.best_epoch = None
        if job.judged_otherwise and state.best_epoch is not None:
            job.log(
                f"epoch {state.best_epoch} is no longer the best, with its score "
                f"{state.best_score:.4f}: what was accepted changes how epochs are judged, so "
                "that the best is looked for anew; until one is validated, the last weights count"
            )
            self.best = {}
            state.best_score = state.best_epoch = None
        if state.stopped_early:
            waited = state.epoch - (state.best_epoch or state.epoch)
            state.stopped_early = patience is not None and waited >= patience
        if job.accepted:
            state.accepted.append({"step": state.step, "changes": list(job.accepted)})
            state.validate_every_epochs = job.settings.validate_every_epochs
        job.clock.spent_before = state.elapsed_seconds
        self.saved_at = job.clock.elapsed_seconds()
        return state

    def take_up_metrics(self, step: int) -> None:
        """Let the metrics of an epoch that was begun gather on.

        Args:
            step: int, steps done.
        """
        if not self._metrics:
            return
        job, arrays = self._job, self._metrics
        self._metrics = {}
        if misfits(metric_variables(job.model), arrays):
            build_metrics(job.model, next(iter(job.stream(step))))
        variables = metric_variables(job.model)
        if misfits(variables, arrays):
            job.log("what is measured has changed: this epoch's metrics start anew")
        else:
            restore_arrays(variables, arrays)

    def save(self, state: FitState) -> None:
        """Write a checkpoint, within an epoch too.

        Args:
            state: `FitState`; its elapsed time is set.

        Raises:
            TrainingDivergedError: if not all weights are finite numbers; nothing is written then.
        """
        job = self._job
        job.before_saving()
        trained = read_variables(training_variables(job.model))
        if not all(map(_is_finite, trained.values())):
            # The loss of the last step was a number and its gradient was not.
            raise diverged(job, "not all weights were finite numbers", state.step - 1)
        arrays = dict(trained)
        arrays |= {f"{BEST_PREFIX}{name}": array for name, array in self.best.items()}
        if state.epoch_steps and state.epoch_logs is None:
            arrays |= self._metrics or read_variables(metric_variables(job.model))
        self.saved_at = state.elapsed_seconds = job.clock.elapsed_seconds()
        write_checkpoint(job.checkpoints, Checkpoint(state, job.identity, arrays))
        self._trained = trained

    def restore_trained(self) -> None:
        """Give the model the weights that were saved last, as training goes on from these."""
        restore_arrays(training_variables(self._job.model), self._trained)

    def _refuse_another(self, found: Checkpoint) -> None:
        job = self._job
        if not job.accepted and sha256_json(found.identity) != sha256_json(job.identity):
            raise RunFolderError(
                why="this run folder holds a training with another recipe, data or version",
                file=job.checkpoints,
                fix="give another folder with --out, or remove this one",
                code="KS-G10",
            )
        variables = training_variables(job.model)
        wrong = misfits(variables, _beginning(found.arrays, _TRAINED))
        if wrong:
            raise RunFolderError(
                why=_listed("the training cannot go on with what has changed:", job.accepted)
                + _listed(
                    "the network or its optimizer has other weights with it:", wrong
                ).rstrip(),
                file=job.checkpoints,
                fix="take these changes back, or give another folder with --out; `fit.init` starts "
                "a training from the weights of another that fit",
                code="KS-G10",
            )


def _beginning(arrays: Mapping[str, np.ndarray], prefixes: tuple[str, ...]) -> dict:
    return {name: array for name, array in arrays.items() if name.startswith(prefixes)}


def _listed(what: str, items: Sequence[str], shown: int = 4) -> str:
    more = [f"and {len(items) - shown} more"] if len(items) > shown else []
    return "\n    ".join([what, *items[:shown], *more]) + "\n"


def _is_finite(array: np.ndarray) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())
