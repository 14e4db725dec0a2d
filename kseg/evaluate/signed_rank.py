"""Whether paired differences lean to one side: Wilcoxon's test, and Holm's correction."""

from collections.abc import Sequence

import numpy as np

# Up to here scipy counts all 2^n signs one by one where differences are equal, for seconds.
_COUNTED_AT_ONCE = 13


def signed_rank(differences: Sequence[float] | np.ndarray) -> tuple[float, int]:
    """Test whether differences lean to one side of zero.

    Only their order counts: an infinite difference ranks beyond all finite ones. Differences of
    zero are left out. p is exact up to 13 that remain; beyond, scipy chooses.

    Args:
        differences: one number for each independent witness (subject), infinite ones allowed.

    Returns:
        two-sided p, and the side the ranks lean to: 1, -1 or 0. All zero gives (1.0, 0).

    Raises:
        ValueError: if there is no difference, or one is NaN.

    Example:
        >>> signed_rank([0.3, 0.1, 0.2, 0.5, 0.4, float("inf")])
        (0.03125, 1)

    Reference:
        Wilcoxon, Individual comparisons by ranking methods, Biometrics Bulletin 1, 1945.
    """
    values = np.asarray(differences, float)
    if values.size == 0 or np.isnan(values).any():
        raise ValueError(f"`differences` must hold numbers only. Received: {values}.")
    # Equal differences that rounding has parted would be ranked by noise.
    values = np.round(values, 12)
    if not values.any():
        return 1.0, 0
    from scipy import stats

    farthest = np.abs(values[np.isfinite(values)]).max(initial=0.0)
    values = np.where(np.isinf(values), np.copysign(2 * farthest + 1, values), values)
    kept = values[values != 0]
    ranks = stats.rankdata(np.abs(kept))
    balance = (np.sign(kept) * ranks).sum()
    if kept.size <= _COUNTED_AT_ONCE:
        p = _share_of_signs(ranks, balance)
    else:
        # Without the zeros, for which scipy would give up counting and approximate.
        p = min(float(stats.wilcoxon(kept).pvalue), 1.0)
    return p, int(np.sign(balance))


def _share_of_signs(ranks: np.ndarray, balance: float) -> float:
    """Return the share of all 2^n choices of signs whose balance is at least as far from zero."""
    choices = np.arange(2**ranks.size)[:, None] >> np.arange(ranks.size) & 1
    balances = (2 * choices - 1) @ ranks
    # Ranks are halves, whose sums are exact.
    return float((np.abs(balances) >= abs(balance)).mean())


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Correct p-values of several tests, so that one false alarm in all stays as rare as promised.

    Args:
        p_values: floats from 0 to 1.

    Returns:
        tuple of floats in the order given.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        (0.03, 0.06, 0.06)

    Reference:
        Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6, 1979.
    """
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = largest
    return tuple(corrected)
