"""Simulated low resolution: nearest-neighbour down, linear up."""

from dataclasses import dataclass

import tensorflow as tf

from kseg.patches import seeds
from kseg.patches.augment.checks import AXES, check_axes, check_probability, check_range
from kseg.patches.augment.separable import apply_along_axes, some_channels


@dataclass(frozen=True)
class Lowres:
    """Pretend that a patch, and in it each channel, was scanned more coarsely.

    Args:
        probability: float in [0, 1], for each patch.
        zoom: 2 floats (low, high), factor on the number of voxels, uniform, drawn for each channel
            and shared by `axes`.
        channel_probability: float in [0, 1], for each channel of a patch that was drawn.
        axes: names among "z", "y", "x" of the axes that lose resolution.

    Raises:
        ValueError: if a value is out of its range, or `zoom` is above 1.

    Example:
        >>> Lowres().zoom
        (0.5, 1.0)
    """

    probability: float = 0.25
    zoom: tuple[float, float] = (0.5, 1.0)
    channel_probability: float = 0.5
    axes: tuple[str, ...] = AXES

    def __post_init__(self):
        check_probability("probability", self.probability)
        check_probability("channel_probability", self.channel_probability)
        check_range("zoom", self.zoom)
        check_axes("axes", self.axes)
        if self.zoom[1] > 1:
            raise ValueError(f"`zoom` must not be above 1. Received: zoom={self.zoom}.")

    def __call__(self, image, seed) -> tf.Tensor:
        """Return the float32 image (z, y, x, channels), coarser where the draws say so."""
        drawn, own = seeds.uniforms(seed, (), (image.shape[-1], 2))

        def coarsen(voxels, shares):
            zoom = seeds.between(shares[0], *self.zoom)
            matrices = [
                lowres_matrix(extent, zoom) if axis in self.axes else None
                for axis, extent in zip(AXES, voxels.shape, strict=True)
            ]
            return apply_along_axes(voxels, matrices)

        def coarse():
            return some_channels(image, own, self.channel_probability, coarsen)

        return tf.cond(drawn < self.probability, coarse, lambda: image)


def lowres_matrix(extent: int, zoom) -> tf.Tensor:
    """Return the matrix that takes a line to round(extent * zoom) voxels and back.

    Both ways the ends of the two grids coincide (half-voxel centres): down by the nearest voxel,
    up by linear interpolation that stays constant beyond the outermost centres.

    Args:
        extent: int, voxels of the line.
        zoom: float or float32 scalar in (0, 1].

    Returns:
        float32 (extent, extent); every row sums to 1.

    Example:
        >>> lowres_matrix(4, 0.5).numpy()[0].tolist()
        [0.0, 1.0, 0.0, 0.0]
    """
    coarse = tf.maximum(tf.round(extent * tf.convert_to_tensor(zoom, tf.float32)), 1.0)
    ratio = coarse / extent
    centres = (tf.range(extent, dtype=tf.float32) + 0.5) * ratio - 0.5
    centres = tf.clip_by_value(centres, 0.0, coarse - 1)
    lower = tf.floor(centres)
    upper = tf.minimum(lower + 1, coarse - 1)
    share = (centres - lower)[:, None]

    def nearest(place):
        source = tf.cast(tf.floor((place + 0.5) / ratio), tf.int32)
        return tf.one_hot(tf.minimum(source, extent - 1), extent)

    return nearest(lower) * (1 - share) + nearest(upper) * share
