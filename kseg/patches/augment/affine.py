"""Rotation and scaling: when and how far, as one matrix."""

import math
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from kseg.patches import seeds
from kseg.patches.augment.checks import AXES, check_axes, check_probability, check_range


@dataclass(frozen=True)
class Affine:
    """Rotate by angles up to a limit about each axis, and scale; both in one resampling.

    Args:
        rotation_degrees: 3 floats, largest angle about z, y and x, in degrees; each angle is
            uniform between minus and plus the limit.
        rotation_probability: float in [0, 1].
        scale: 2 floats (low, high), uniform factor, the same for all `scale_axes`. Above 1 more
            of the volume is seen, so that objects look smaller.
        scale_probability: float in [0, 1], drawn apart from the rotation.
        scale_axes: names among "z", "y", "x" of the axes that are scaled.
        spacing_mm: 3 floats (z, y, x), voxel spacing: bodies are turned in millimetres and so
            keep their shape on a grid of uneven spacing.

    Raises:
        ValueError: if a value is out of its range.

    Example:
        >>> Affine((30.0, 30.0, 30.0), rotation_probability=0.2).scale
        (0.7, 1.4)
    """

    rotation_degrees: tuple[float, float, float] = (30.0, 30.0, 30.0)
    rotation_probability: float = 0.2
    scale: tuple[float, float] = (0.7, 1.4)
    scale_probability: float = 0.2
    scale_axes: tuple[str, ...] = AXES
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self):
        check_probability("rotation_probability", self.rotation_probability)
        check_probability("scale_probability", self.scale_probability)
        check_range("scale", self.scale)
        check_axes("scale_axes", self.scale_axes)
        for name in ("rotation_degrees", "spacing_mm"):
            value = getattr(self, name)
            if len(value) != 3 or min(value) < 0:
                raise ValueError(f"`{name}` must be 3 floats, 0 or more. Received: {name}={value}.")
        if min(self.spacing_mm) <= 0:
            raise ValueError(
                f"`spacing_mm` must be above 0. Received: spacing_mm={self.spacing_mm}."
            )

    def draw(self, seed) -> tuple[tf.Tensor, tf.Tensor]:
        """Draw whether the patch is resampled, and by which matrix.

        Args:
            seed: int64 tensor (2,).

        Returns:
            Boolean scalar, and a float32 matrix (3, 3) from an offset in the patch to the offset
            in the volume that is shown there, both in voxels (z, y, x) from the patch's centre.

        Example:
            >>> drawn, matrix = Affine(rotation_probability=0, scale_probability=0).draw([1, 2])
            >>> bool(drawn), bool(tf.reduce_all(matrix == tf.eye(3)))
            (False, True)
        """
        turn, resize, angle, factor = seeds.uniforms(seed, (), (), (3,), ())
        rotated = turn < self.rotation_probability
        scaled = resize < self.scale_probability
        limits = tf.constant([math.radians(degrees) for degrees in self.rotation_degrees])
        angles = tf.where(rotated, seeds.between(angle, -1.0, 1.0) * limits, 0.0)
        factor = tf.where(scaled, seeds.between(factor, *self.scale), 1.0)
        factors = [factor if axis in self.scale_axes else 1.0 for axis in AXES]
        return rotated | scaled, affine_matrix(angles, factors, self.spacing_mm)


def affine_matrix(angles, factors, spacing_mm=(1.0, 1.0, 1.0)) -> tf.Tensor:
    """Return the matrix that scales by `factors`, then turns about x, y and z, in millimetres.

    Args:
        angles: 3 floats or float32 (3,), angles about z, y and x in radians. A quarter turn
            about z shows at (y, x) what lies at (-x, y).
        factors: 3 floats or float32 (3,), factors along z, y and x.
        spacing_mm: 3 floats (z, y, x), voxel spacing.

    Returns:
        float32 tensor (3, 3), voxel offsets to voxel offsets.

    Example:
        >>> affine_matrix((0.0, 0.0, 0.0), (1.0, 2.0, 3.0)).numpy().diagonal().tolist()
        [1.0, 2.0, 3.0]
    """
    cosines, sines = tf.unstack(tf.cos(angles)), tf.unstack(tf.sin(angles))
    matrix = tf.linalg.diag(tf.convert_to_tensor(factors, tf.float32))
    for axis in (2, 1, 0):
        first, second = (other for other in range(3) if other != axis)
        rows = [[0.0] * 3 for _ in range(3)]
        rows[axis][axis] = 1.0
        rows[first][first] = rows[second][second] = cosines[axis]
        rows[first][second], rows[second][first] = -sines[axis], sines[axis]
        matrix = tf.stack([tf.stack(row) for row in rows]) @ matrix
    spacing = np.asarray(spacing_mm)
    return matrix * tf.constant(spacing[None, :] / spacing[:, None], tf.float32)
