"""A random factor that is below 1 as often as above it."""

import tensorflow as tf

from kseg.patches import seeds


def spread_factor(draws, limits: tuple[float, float]) -> tf.Tensor:
    """Turn uniform draws into factors: half uniform in [low, 1), half uniform in [1, high).

    Where 1 lies outside the limits the factors are uniform between them.

    Args:
        draws: float32 (2, ...), uniform in [0, 1): the side of 1, and the place on that side.
        limits: 2 floats (low, high).

    Returns:
        float32 tensor (...).

    Example:
        >>> spread_factor(tf.constant([[0.2, 0.8], [0.5, 0.5]]), (0.5, 2.0)).numpy().tolist()
        [0.75, 1.5]
    """
    low, high = limits
    side, place = tf.unstack(draws)
    if not low < 1 < high:
        return seeds.between(place, low, high)
    below = seeds.between(place, low, 1.0)
    return tf.where(side < 0.5, below, seeds.between(place, 1.0, high))
