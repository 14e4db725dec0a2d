"""Contrast: stretch or shrink each channel about its mean, within its own range."""

from dataclasses import dataclass

import tensorflow as tf

from kseg.patches import seeds
from kseg.patches.augment.checks import check_probability, check_range
from kseg.patches.augment.factor import spread_factor


@dataclass(frozen=True)
class Contrast:
    """Multiply the distance from the channel's mean by a factor, drawn for each channel.

    Args:
        probability: float in [0, 1], for each patch.
        range: 2 floats (low, high); half of the factors lie below 1, half above.

    Raises:
        ValueError: if a value is out of its range.

    Example:
        >>> Contrast(0.15, (0.75, 1.25)).probability
        0.15
    """

    probability: float = 0.15
    range: tuple[float, float] = (0.75, 1.25)

    def __post_init__(self):
        check_probability("probability", self.probability)
        check_range("range", self.range)

    def __call__(self, image, seed) -> tf.Tensor:
        """Return the float32 image (z, y, x, channels), changed if the draw says so."""
        drawn, factor = seeds.uniforms(seed, (), (2, image.shape[-1]))

        def changed():
            return change_contrast(image, spread_factor(factor, self.range))

        return tf.cond(drawn < self.probability, changed, lambda: image)


def change_contrast(image, factor) -> tf.Tensor:
    """Stretch about the mean and clip to the range that the channel had before.

    Args:
        image: float32 (z, y, x, channels).
        factor: float32 (channels,).

    Returns:
        float32 image of the same shape.

    Example:
        >>> image = tf.reshape([0.0, 1.0, 2.0, 3.0], (1, 1, 4, 1))
        >>> change_contrast(image, tf.constant([0.5])).numpy().ravel().tolist()
        [0.75, 1.25, 1.75, 2.25]
    """
    space = (0, 1, 2)
    mean = tf.reduce_mean(image, space)
    low, high = tf.reduce_min(image, space), tf.reduce_max(image, space)
    return tf.clip_by_value((image - mean) * factor + mean, low, high)
