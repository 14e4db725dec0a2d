"""Multiplicative brightness: every channel times a factor of its own."""

from dataclasses import dataclass

import tensorflow as tf

from kseg.patches import seeds
from kseg.patches.augment.checks import check_probability, check_range
from kseg.patches.augment.factor import spread_factor


@dataclass(frozen=True)
class Brightness:
    """Multiply the image by a factor, drawn for each channel.

    Args:
        probability: float in [0, 1], for each patch.
        range: 2 floats (low, high); half of the factors lie below 1, half above.

    Raises:
        ValueError: if a value is out of its range.

    Example:
        >>> Brightness(0.15, (0.75, 1.25)).range
        (0.75, 1.25)
    """

    probability: float = 0.15
    range: tuple[float, float] = (0.75, 1.25)

    def __post_init__(self):
        check_probability("probability", self.probability)
        check_range("range", self.range)

    def __call__(self, image, seed) -> tf.Tensor:
        """Return the float32 image (z, y, x, channels), brightened if the draw says so."""
        drawn, factor = seeds.uniforms(seed, (), (2, image.shape[-1]))

        def brightened():
            return image * spread_factor(factor, self.range)

        return tf.cond(drawn < self.probability, brightened, lambda: image)
