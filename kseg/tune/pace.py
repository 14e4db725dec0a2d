"""Whether a trial could end in the time that is left."""

from collections.abc import Iterable

from kseg.recipe import Recipe
from kseg.tune.record import COMPLETED, TrialRecord


def seconds_of_trial(
    records: Iterable[TrialRecord], recipe: Recipe, share_from: float, share_to: float
) -> float:
    """Estimate how long a trial will take.

    Args:
        records: all trials.
        recipe: `Recipe` of the trial.
        share_from: float, share of the training that is done.
        share_to: float, share that is to be done at its end.

    Returns:
        float, seconds: its share of a whole training, as slow as the slowest that was completed, or
        of its budget of time; and the longest start and end of any, which no share shortens. 0
        where nothing is known.
    """
    records = list(records)
    clocks = {record.trial: record.metrics.get("seconds") for record in records}
    share = share_to - share_from
    around, whole = 0.0, recipe.fit.budget_seconds or 0.0
    for record in records:
        done = record.share_to - record.share_from
        if record.status != COMPLETED or done <= 0:
            continue
        if recipe.fit.budget_seconds is None:
            trained = _trained_seconds(record, clocks)
            whole = max(whole, trained / done)
        else:
            trained = recipe.fit.budget_seconds * done
        around = max(around, record.seconds - trained)
    return share * whole + around


def _trained_seconds(record: TrialRecord, clocks: dict[int, float | None]) -> float:
    """Return how long a part of a training took from its first read on."""
    clock = clocks[record.trial]
    if clock is None:
        return record.seconds
    # The clock of a training goes on through all its parts.
    return min(record.seconds, clock - (clocks.get(record.continues) or 0.0))
