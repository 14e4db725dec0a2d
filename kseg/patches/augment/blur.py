"""Gaussian blur, separable, with a width of its own for each channel and axis."""

import math
from dataclasses import dataclass

import tensorflow as tf

from kseg.patches import seeds
from kseg.patches.augment.checks import check_probability, check_range
from kseg.patches.augment.separable import apply_along_axes, some_channels

# A kernel cut at 3 sigma loses 0.3 % of its weight, which normalising gives back.
_REACH_IN_SIGMAS = 3


@dataclass(frozen=True)
class Blur:
    """Blur a patch, and in it each channel, with a probability each.

    Args:
        probability: float in [0, 1], for each patch.
        sigma: 2 floats (low, high), standard deviation of the Gaussian in voxels, uniform, drawn
            for each channel and axis.
        channel_probability: float in [0, 1], for each channel of a patch that was drawn.

    Raises:
        ValueError: if a value is out of its range.

    Example:
        >>> Blur().sigma
        (0.5, 1.0)
    """

    probability: float = 0.2
    sigma: tuple[float, float] = (0.5, 1.0)
    channel_probability: float = 0.5

    def __post_init__(self):
        check_probability("probability", self.probability)
        check_probability("channel_probability", self.channel_probability)
        check_range("sigma", self.sigma)

    def __call__(self, image, seed) -> tf.Tensor:
        """Return the float32 image (z, y, x, channels), blurred where the draws say so."""
        drawn, own = seeds.uniforms(seed, (), (image.shape[-1], 4))
        radius = math.ceil(_REACH_IN_SIGMAS * self.sigma[1])

        def blur(voxels, shares):
            sigmas = tf.unstack(seeds.between(shares, *self.sigma))
            kernels = [
                blur_matrix(extent, sigma, radius) if extent > 1 else None
                for extent, sigma in zip(voxels.shape, sigmas, strict=True)
            ]
            return apply_along_axes(voxels, kernels)

        def blurred():
            return some_channels(image, own, self.channel_probability, blur)

        return tf.cond(drawn < self.probability, blurred, lambda: image)


def blur_matrix(extent: int, sigma, radius: int) -> tf.Tensor:
    """Return the matrix that blurs a line of voxels, mirrored at its ends.

    Args:
        extent: int, voxels of the line.
        sigma: float or float32 scalar, standard deviation in voxels.
        radius: int, voxels on each side that the Gaussian reaches.

    Returns:
        float32 (extent, extent); every row sums to 1.

    Example:
        >>> blur_matrix(5, 1.0, 3).shape
        TensorShape([5, 5])
    """
    offsets = tf.range(-radius, radius + 1)
    weights = tf.exp(-0.5 * tf.square(tf.cast(offsets, tf.float32) / sigma))
    weights /= tf.reduce_sum(weights)
    places = tf.range(extent)[:, None] + offsets[None, :]
    # Reflection about the end voxel's centre, repeated where the line is shorter than the kernel.
    period = 2 * (extent - 1)
    places = places % period
    places = tf.minimum(places, period - places)
    return tf.reduce_sum(tf.one_hot(places, extent) * weights[:, None], axis=1)
