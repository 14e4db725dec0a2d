"""What a search makes best: one number from the numbers that a trial measured."""

import math
from collections.abc import Collection, Mapping

from kseg.errors import KsegError
from kseg.recipe import TuneSection


class UnknownMetricError(KsegError):
    """An objective that names what no trial measures: a mistake of the recipe, not of a trial."""

    exit_code = 2


class NotFiniteError(Exception):
    """A score that is no finite number, which no oracle can order."""


def is_better(tune: TuneSection, one: float, other: float) -> bool:
    """Return whether one score is better than another."""
    return one > other if maximises(tune) else one < other


def maximises(tune: TuneSection) -> bool:
    """Return whether a larger score is better; a weighted sum shall always be large."""
    objective = tune.objective
    return isinstance(objective, dict) or objective.direction == "max"


def weights_of(tune: TuneSection) -> dict[str, float]:
    """Return the weight of each metric; a single metric has the weight 1."""
    objective = tune.objective
    return dict(objective) if isinstance(objective, dict) else {objective.metric: 1.0}


def refuse_unmeasured(tune: TuneSection, measured: Collection[str]) -> None:
    """Refuse an objective that names what no trial measures.

    Args:
        tune: `TuneSection`.
        measured: names of what a trial measures.

    Raises:
        UnknownMetricError: with the first such name.
    """
    for name in weights_of(tune):
        if name not in measured:
            raise UnknownMetricError(
                why=f"tune.objective: a trial does not measure {name}",
                fix=f"take one of {', '.join(measured)}",
                code="KS-H03",
            )


def score(tune: TuneSection, metrics: Mapping[str, float | None]) -> float:
    """Return the score of a trial.

    Args:
        tune: `TuneSection`.
        metrics: measured numbers by name; None where nothing was measured.

    Returns:
        float, the metric or the weighted sum.

    Raises:
        UnknownMetricError: if a metric is named that no trial measures.
        NotFiniteError: if a metric has no finite value.

    Example:
        >>> objective = {"val_dice": 1.0, "seconds_per_scan": -0.1}
        >>> space = {"model.depth": {"int": (3, 5)}}
        >>> tune = TuneSection(objective=objective, space=space)
        >>> score(tune, {"val_dice": 0.9, "seconds_per_scan": 2.0})
        0.7
    """
    refuse_unmeasured(tune, metrics)
    total = 0.0
    for name, weight in weights_of(tune).items():
        value = metrics[name]
        if value is None or not math.isfinite(value):
            raise NotFiniteError(f"{name} was {'not measured' if value is None else value}")
        total += weight * value
    return total
