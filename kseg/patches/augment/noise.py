"""Gaussian noise."""

from dataclasses import dataclass

import tensorflow as tf

from kseg.patches import seeds
from kseg.patches.augment.checks import check_probability


@dataclass(frozen=True)
class Noise:
    """Add Gaussian noise whose standard deviation is drawn for each patch.

    Args:
        probability: float in [0, 1], for each patch.
        sigma_max: float, largest standard deviation in units of the normalised image; it is
            uniform between 0 and this, the same for all channels.

    Raises:
        ValueError: if a value is out of its range.

    Example:
        >>> Noise().sigma_max
        0.1
    """

    probability: float = 0.1
    sigma_max: float = 0.1

    def __post_init__(self):
        check_probability("probability", self.probability)
        if self.sigma_max < 0:
            raise ValueError(
                f"`sigma_max` must be 0 or more. Received: sigma_max={self.sigma_max}."
            )

    def __call__(self, image, seed) -> tf.Tensor:
        """Return the float32 image (z, y, x, channels), with noise if the draw says so."""
        drawn, sigma = seeds.uniforms(seed, (), ())

        def noisy():
            shape = tf.shape(image)
            field = tf.random.stateless_normal(shape, seeds.second_seed(seed), alg="philox")
            return image + sigma * self.sigma_max * field

        return tf.cond(drawn < self.probability, noisy, lambda: image)
