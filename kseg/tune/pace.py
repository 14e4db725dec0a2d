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
        float, seconds: the longest that any completed trial took for its share, in proportion; of
        trainings with a budget of time its share of that, and the longest start and end of any
        trial. 0 where nothing is known.
    """
    share = share_to - share_from
    done = [r for r in records if r.status == COMPLETED and r.share_to > r.share_from]
    budget = recipe.fit.budget_seconds
    if budget is None:
        return share * max((r.seconds / (r.share_to - r.share_from) for r in done), default=0.0)
    around = (r.seconds - budget * (r.share_to - r.share_from) for r in done)
    return share * budget + max((0.0, *around))
