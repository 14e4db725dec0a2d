"""nnU-Net's default augmentation, as settings."""

import numpy as np

from kseg.patches.augment.affine import Affine
from kseg.patches.augment.blur import Blur
from kseg.patches.augment.brightness import Brightness
from kseg.patches.augment.checks import AXES
from kseg.patches.augment.contrast import Contrast
from kseg.patches.augment.flip import Flip
from kseg.patches.augment.gamma import Gamma
from kseg.patches.augment.lowres import Lowres
from kseg.patches.augment.noise import Noise
from kseg.patches.augment.pipeline import Augmentation

_ANISOTROPY = 3
_FREE_ANGLE_ASPECT = 1.5
_TILT, _FLAT_TILT, _ANY_ANGLE = 30.0, 15.0, 180.0


def nnunet_preset(
    size_zyx: tuple[int, int, int],
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
    mirror_axes: tuple[str, ...] = AXES,
) -> Augmentation:
    """Return nnU-Net's augmentation for patches of the given size.

    Rotation is up to 30 degrees about every axis. Where the patch is more than 3 times longer in
    one axis than in another, or the voxels are, slices along the thin (coarse) axis stay together:
    rotation by any angle about that axis alone, scaling and low resolution within the slices. A
    patch of one slice turns by any angle, by up to 15 degrees if its sides differ by more than 1.5.
    Unlike nnU-Net, which turns the voxel grid, bodies are turned in millimetres.

    Args:
        size_zyx: 3 ints, patch extent in voxels.
        spacing_mm: 3 floats (z, y, x), voxel spacing.
        mirror_axes: axes of mirroring, see `kseg.patches.mirror_axes`.

    Returns:
        An `Augmentation`.

    Reference:
        Isensee et al., nnU-Net, Nature Methods 2021, arXiv:1904.08128, and its default trainer.

    Example:
        >>> nnunet_preset((40, 56, 40)).affine.rotation_degrees
        (30.0, 30.0, 30.0)
        >>> nnunet_preset((16, 96, 96), (5.0, 1.0, 1.0)).lowres.axes
        ('y', 'x')
    """
    slices = _slice_axis(size_zyx, spacing_mm)
    axes = tuple(axis for number, axis in enumerate(AXES) if number != slices)
    return Augmentation(
        flip=Flip(0.5, mirror_axes),
        affine=Affine(
            rotation_degrees=rotation_limits(size_zyx, spacing_mm),
            rotation_probability=0.2,
            scale=(0.7, 1.4),
            scale_probability=0.2,
            scale_axes=axes,
            spacing_mm=tuple(spacing_mm),
        ),
        noise=Noise(0.1, 0.1),
        blur=Blur(0.2, (0.5, 1.0), channel_probability=0.5),
        brightness=Brightness(0.15, (0.75, 1.25)),
        contrast=Contrast(0.15, (0.75, 1.25)),
        lowres=Lowres(0.25, (0.5, 1.0), channel_probability=0.5, axes=axes),
        gamma=Gamma(0.3, (0.7, 1.5), inverted_probability=0.1),
    )


def rotation_limits(
    size_zyx: tuple[int, int, int],
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
    degrees: float | None = None,
) -> tuple[float, float, float]:
    """Return the largest angle about each axis, by nnU-Net's rule or with an angle of one's own.

    Args:
        size_zyx: 3 ints, patch extent in voxels.
        spacing_mm: 3 floats (z, y, x), voxel spacing.
        degrees: float, the limit about every axis about which the patch may turn; None for
            nnU-Net's, see `nnunet_preset`.

    Returns:
        3 floats, degrees about z, y and x; 0 where turning would mix slices.

    Example:
        >>> rotation_limits((16, 96, 96), degrees=10.0)
        (10.0, 0.0, 0.0)
    """
    slices = _slice_axis(size_zyx, spacing_mm)
    if slices is None:
        return (_TILT if degrees is None else degrees,) * 3
    if degrees is None:
        degrees = _ANY_ANGLE if size_zyx[slices] > 1 else _flat_angle(size_zyx)
    return tuple(degrees if number == slices else 0.0 for number in range(3))


def _slice_axis(size_zyx, spacing_mm):
    """Return the number of the axis across which slices stay together, or None."""
    spacing = np.asarray(spacing_mm)
    if spacing.max() > _ANISOTROPY * spacing.min():
        return int(spacing.argmax())
    if max(size_zyx) > _ANISOTROPY * min(size_zyx):
        return int(np.argmin(size_zyx))
    return None


def _flat_angle(size_zyx):
    sides = sorted(size_zyx)[1:]
    return _ANY_ANGLE if sides[1] <= _FREE_ANGLE_ASPECT * sides[0] else _FLAT_TILT
