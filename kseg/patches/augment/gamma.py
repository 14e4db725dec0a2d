"""Gamma: bend each channel's grey scale by a power law, keeping its mean and spread."""

from dataclasses import dataclass

import tensorflow as tf

from kseg.patches import seeds
from kseg.patches.augment.checks import check_probability, check_range
from kseg.patches.augment.factor import spread_factor

_SMALLEST = 1e-7


@dataclass(frozen=True)
class Gamma:
    """Bend the grey scale of the inverted image, then of the image, with a probability each.

    Args:
        probability: float in [0, 1], for each patch.
        range: 2 floats (low, high), exponent, drawn for each channel; half lie below 1, half
            above.
        inverted_probability: float in [0, 1], for each patch, of bending the negative image
            first; drawn apart, so that both may happen.

    Raises:
        ValueError: if a value is out of its range.

    Example:
        >>> Gamma().range
        (0.7, 1.5)
    """

    probability: float = 0.3
    range: tuple[float, float] = (0.7, 1.5)
    inverted_probability: float = 0.1

    def __post_init__(self):
        check_probability("probability", self.probability)
        check_probability("inverted_probability", self.inverted_probability)
        check_range("range", self.range)

    def __call__(self, image, seed) -> tf.Tensor:
        """Return the float32 image (z, y, x, channels), bent if the draws say so."""
        pair = (2, image.shape[-1])
        drawn, inverted, exponent, inverted_exponent = seeds.uniforms(seed, (), (), pair, pair)

        def negative():
            return -bend(-image, spread_factor(inverted_exponent, self.range))

        image = tf.cond(inverted < self.inverted_probability, negative, lambda: image)

        def positive():
            return bend(image, spread_factor(exponent, self.range))

        return tf.cond(drawn < self.probability, positive, lambda: image)


def bend(image, exponent) -> tf.Tensor:
    """Raise the image, scaled to 0 … 1, to a power, and give it back its mean and deviation.

    Args:
        image: float32 (z, y, x, channels).
        exponent: float32 (channels,).

    Returns:
        float32 image of the same shape. A channel of one single value stays as it is.

    Example:
        >>> bend(tf.ones((1, 1, 2, 1)), tf.constant([1.5])).numpy().ravel().tolist()
        [1.0, 1.0]
    """
    space = (0, 1, 2)
    mean, deviation = _moments(image)
    low = tf.reduce_min(image, space)
    extent = tf.maximum(tf.reduce_max(image, space) - low, _SMALLEST)
    bent = tf.pow((image - low) / extent, exponent)
    bent_mean, bent_deviation = _moments(bent)
    return (bent - bent_mean) * (deviation / tf.maximum(bent_deviation, _SMALLEST)) + mean


def _moments(image):
    mean = tf.reduce_mean(image, (0, 1, 2))
    return mean, tf.sqrt(tf.reduce_mean(tf.square(image - mean), (0, 1, 2)))
