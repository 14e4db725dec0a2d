"""One trial in its own process: a part of a training by the trial's own recipe.

TensorFlow is imported within the functions: the process of the search only names them.
"""

import contextlib
import resource
from collections.abc import Mapping
from pathlib import Path

from kseg.engine import usable_memory_bytes
from kseg.errors import RecipeError
from kseg.recipe import MEASURED_AT_THE_END, load_recipe
from kseg.tune.objective import NotFiniteError, maximises, score, weights_of
from kseg.tune.prune import is_behind
from kseg.tune.task import Outcome, Prepared, Task

_GIB = 2**30


def prepare(recipe: Path, work: Path) -> Prepared:
    """Check, split and cache the data of a search, so that its trials find them ready.

    Args:
        recipe: path of a recipe.
        work: folder for caches and the phantom.

    Returns:
        `Prepared`.

    Raises:
        KsegError: if the data or the recipe cannot be used.
    """
    from kseg.workflow.prepare import prepare_data

    data = prepare_data(load_recipe(recipe), work, print)
    if not data.validation_cases:
        raise RecipeError(
            why="a search needs cases to validate on, and `data.fold: all` leaves none",
            fix="give a number to data.fold; the winner can be trained on all cases afterwards",
            code="KS-H02",
        )
    measured = (*data.columns, *MEASURED_AT_THE_END)
    return Prepared(data.identity, data.told, data.phantom, measured)


def run_trial(task: Task) -> Outcome:
    """Train a part of a trial's training, or go on with it, and measure what it reached.

    Run again after it has ended, it measures the same of what its run folder holds.

    Args:
        task: `Task`.

    Returns:
        `Outcome`.

    Raises:
        KsegError: if the recipe cannot be used or the training fails.
    """
    from kseg.workflow import train
    from kseg.workflow.outcome import history_csv
    from kseg.workflow.part import Part

    loaded = load_recipe(task.recipe)
    part = Part(task.share, lambda state: _is_behind(task, state), _memory_limit(task))
    result = train(
        loaded,
        task.folder,
        task.work,
        print,
        accept_changes=task.accept_changes,
        part=part,
        under_driver=True,
    )
    state = result.state
    rows = rows_of_part(state, task.share)
    kept = rows[-1]
    if loaded.recipe.fit.patience_epochs is not None:
        # With early stopping a run keeps its best weights, not its last.
        best = [row for row in rows if row["epoch"] == state.best_epoch]
        kept = best[0] if best else kept
    metrics = {name: value for name, value in kept.items() if name not in ("epoch", "total_steps")}
    metrics["steps"] = metrics.pop("step")
    scans = max(1, result.validation_cases)
    metrics["seconds_per_scan"] = round(state.validation_seconds / scans, 4)
    metrics["memory_gib"] = round(_peak_bytes() / _GIB, 3)
    metrics["parameters"] = result.parameters
    return Outcome(
        metrics,
        _curve(task, state),
        # Without the median rule a training ends by its share alone.
        is_pruned=task.tune.prune is not None and not state.finished,
        history=history_csv(state, result.phantom),
    )


def rows_of_part(state, share: float) -> list[Mapping[str, object]]:
    """Return the validated epochs up to a share of a training that may have gone on since.

    Args:
        state: `FitState`.
        share: float, the share (0 to 1].

    Returns:
        List of rows; the last is the one that reached the share, or the last of all.
    """
    rows = []
    for row in state.history:
        if any(name.startswith("val_") and value is not None for name, value in row.items()):
            rows.append(row)
            if state.reaches(share, row["step"], row["seconds"]):
                break
    return rows


def _curve(task: Task, state) -> tuple[tuple[float, float], ...]:
    """Return the objective over the share of the training; empty where no epoch tells it."""
    if set(weights_of(task.tune)) & set(MEASURED_AT_THE_END):
        return ()
    rows = rows_of_part(state, task.share)
    curve = []
    for row in rows:
        # An epoch without the metric says nothing of the trial; its end is judged by itself.
        with contextlib.suppress(NotFiniteError):
            curve.append((row["step"] / state.total_steps, score(task.tune, row)))
    return tuple(curve)


def _is_behind(task: Task, state) -> bool:
    if task.tune.prune is None:
        return False
    curve = _curve(task, state)
    return is_behind(curve, task.curves, task.tune.prune, maximises(task.tune))


def _memory_limit(task: Task) -> int | None:
    """Return the memory that the trial may need: what was said, or its share of this machine."""
    import tensorflow as tf

    if task.memory_bytes is not None:
        return task.memory_bytes
    if tf.config.list_physical_devices("GPU"):
        # How much a GPU has, TensorFlow does not say.
        return None
    return usable_memory_bytes()


def _peak_bytes() -> int:
    """Return the most memory that this process, or its GPU, has held."""
    import tensorflow as tf

    gpus = tf.config.list_logical_devices("GPU")
    if gpus:
        return sum(tf.config.experimental.get_memory_info(gpu.name)["peak"] for gpu in gpus)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
