"""Whether a trial could end in the time that is left."""

from collections.abc import Iterable, Sequence

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
        float, seconds: the longest that any completed trial of the nearest longer share took, or
        else of the nearest shorter one, in proportion; of trainings with a budget of time its share
        of that, and the longest start and end of any trial. 0 where nothing is known.
    """
    share = share_to - share_from
    done = [r for r in records if r.status == COMPLETED and r.share_to > r.share_from]
    budget = recipe.fit.budget_seconds
    if budget is None:
        return _seconds_by_share([(r.share_to - r.share_from, r.seconds) for r in done], share)
    around = (r.seconds - budget * (r.share_to - r.share_from) for r in done)
    return share * budget + max((0.0, *around))


def _seconds_by_share(known: Sequence[tuple[float, float]], share: float) -> float:
    """Return how long a share of a training takes, from pairs of share and seconds.

    The start of a trial takes as long for a short share as for a long one: in proportion, the
    shortest trials would make the longest look many times as long as they are.
    """
    if not known:
        return 0.0
    # A little less than asked for: shares are ninths and their like.
    longer = [done for done, _ in known if done >= share * (1 - 1e-9)]
    nearest = min(longer) if longer else max(done for done, _ in known)
    longest = max(seconds for done, seconds in known if done == nearest)
    return longest * max(1.0, share / nearest)
