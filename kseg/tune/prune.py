"""The median rule: a trial ends early where most others were better at the same point."""

from collections.abc import Sequence
from statistics import median

from kseg.recipe import PruneSection

# Pairs of the share of the training that is done and the objective there, in their order.
Curve = Sequence[tuple[float, float]]


def is_behind(curve: Curve, others: Sequence[Curve], prune: PruneSection, maximise: bool) -> bool:
    """Return whether a trial is to end.

    Args:
        curve: its own values so far.
        others: those of the trials that have ended; one that was itself ended early counts as far
            as it came.
        prune: `PruneSection`.
        maximise: bool, whether a larger value is better.

    Returns:
        bool: whether the best value so far is worse than the median of what the others had reached
        by the same share, if enough of them came so far.

    Example:
        >>> rule = PruneSection(after_trials=1, after_share=0.2)
        >>> is_behind([(0.5, 0.3)], [[(0.25, 0.4), (0.5, 0.6)]], rule, maximise=True)
        True

    Reference:
        Golovin et al., Google Vizier, KDD 2017 (the median stopping rule, here with the best value
        in place of the running mean, as in Optuna's `MedianPruner`).
    """
    if not curve or curve[-1][0] < prune.after_share:
        return False
    best = max if maximise else min
    share = curve[-1][0]
    reached = [
        best(value for place, value in other if place <= share)
        for other in others
        if other and other[-1][0] >= share and other[0][0] <= share
    ]
    if len(reached) < prune.after_trials:
        return False
    own, middle = best(value for _, value in curve), median(reached)
    return own < middle if maximise else own > middle
