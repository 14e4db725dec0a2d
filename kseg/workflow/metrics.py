"""From the recipe's `fit.metrics` to Keras metrics, each a column of `history.csv`."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import keras

from kseg.errors import KsegError, RecipeError
from kseg.metrics import CaseDice, VoxelAccuracy
from kseg.plugins import find_component
from kseg.recipe import MetricSection

# Columns of history.csv that are there without any metric; those of a validation begin with val_.
COLUMNS = ("epoch", "step", "total_steps", "loss", "learning_rate", "seconds", "data")
VALIDATION = "val_"
NOTHING: Mapping[str, object] = MappingProxyType({})


def make_metrics(
    wanted: Sequence[str | MetricSection], classes: int, told: Mapping[str, object] = NOTHING
) -> list[keras.metrics.Metric]:
    """Return what a recipe wants measured on the training patches.

    Args:
        wanted: `"patch_dice"`, `"voxel_accuracy"`, names of components, or `MetricSection`s.
        classes: int, classes with the background; not read where regions are told.
        told: what `told_of` returned, arguments that every metric gets.

    Returns:
        list of Keras metrics; the name of each is that of its column.

    Raises:
        RecipeError: if a component is no metric, or two columns would have one name.
    """
    labels = None if "regions" in told else range(1, classes)
    known = {
        "patch_dice": lambda: CaseDice(labels, **told),
        "voxel_accuracy": lambda: VoxelAccuracy(**told),
    }
    metrics = [
        known[each]() if isinstance(each, str) and each in known else _from_package(each, told)
        for each in wanted
    ]
    names = [metric.name for metric in metrics]
    for name in names:
        if name in COLUMNS or name.startswith(VALIDATION) or names.count(name) > 1:
            raise RecipeError(
                why=f"fit.metrics: each metric must have a name of its own. Received: {name}, "
                + ("twice" if names.count(name) > 1 else "which is another column of history.csv"),
                fix="give one of them another name, as `{name: NAME, args: {name: my_column}}`",
                code="KS-F09",
            )
    return metrics


def metric_parts(metric: str | MetricSection) -> tuple[str, dict[str, object]]:
    """Return the component's name and its arguments.

    Args:
        metric: name of a component, or `MetricSection`.

    Returns:
        str and dict.
    """
    return (metric, {}) if isinstance(metric, str) else (metric.name, dict(metric.args))


def _from_package(wanted: str | MetricSection, told: Mapping[str, object]) -> keras.metrics.Metric:
    name, arguments = metric_parts(wanted)
    component = find_component("metrics", name)
    try:
        metric = component.load()(**{**told, **arguments})
    except KsegError:
        raise
    except Exception as error:
        # Other people's code may fail in any way; the person must learn whose it was.
        reason = f"cannot be made so: {type(error).__name__}: {error}"
        raise _refused(component, reason) from error
    if not isinstance(metric, keras.metrics.Metric):
        raise _refused(component, f"must be a keras.metrics.Metric. Received: {metric!r:.80}")
    return metric


def _refused(component, reason: str) -> RecipeError:
    return RecipeError(
        why=f"fit.metrics: the metric `{component.name}` of {component.origin} {reason}",
        fix="correct its arguments, or choose another metric",
        code="KS-F10",
    )
