"""Compare voxel grids: which axis is coarse, how many voxels another spacing needs."""

from collections.abc import Sequence

# nnU-Net's limit: beyond it, in-plane detail must not be smeared over distant slices.
ANISOTROPY_LIMIT = 3.0

Triple = tuple[int, int, int]
Spacing = tuple[float, float, float]


def anisotropic_axis(spacing_mm: Sequence[float]) -> int | None:
    """Return the one coarse axis of a grid, if its slices lie far apart.

    Args:
        spacing_mm: 3 floats (z, y, x), distance between voxel centres in mm.

    Returns:
        int, index of the axis that is more than 3 times as coarse as the finest one; `None` if
        there is no such axis or if two axes share the coarsest spacing.

    Example:
        >>> anisotropic_axis((5.0, 0.8, 0.8))
        0
        >>> anisotropic_axis((2.0, 0.8, 0.8)) is None
        True

    Reference:
        Isensee et al., nnU-Net, Nature Methods 18, 2021, supplementary note 2.
    """
    coarsest = max(spacing_mm)
    # Spacings come out of an affine matrix, so that equal ones may differ in the last digits.
    axes = [axis for axis, step in enumerate(spacing_mm) if step > 0.999 * coarsest]
    if coarsest / min(spacing_mm) <= ANISOTROPY_LIMIT or len(axes) > 1:
        return None
    return axes[0]


def interpolation_orders(
    spacing_mm: Sequence[float], new_spacing_mm: Sequence[float], order: int
) -> Triple:
    """Choose the interpolation order of each axis for going from one spacing to another.

    The coarse axis of the present grid, or else of the new one, takes the nearest slice (order 0).

    Args:
        spacing_mm: 3 floats (z, y, x), present spacing in mm.
        new_spacing_mm: 3 floats (z, y, x), spacing in mm to go to.
        order: int, order of the other axes: 3 for images, 1 for labels and logits.

    Returns:
        3 ints (z, y, x), interpolation orders.

    Example:
        >>> interpolation_orders((5.0, 0.8, 0.8), (3.0, 1.0, 1.0), 3)
        (0, 3, 3)
    """
    coarse = anisotropic_axis(spacing_mm)
    if coarse is None:
        coarse = anisotropic_axis(new_spacing_mm)
    return tuple(0 if axis == coarse else order for axis in range(3))


def target_shape(
    shape_zyx: Sequence[int], spacing_mm: Sequence[float], new_spacing_mm: Sequence[float]
) -> Triple:
    """Count the voxels that cover the same extent at another spacing.

    Args:
        shape_zyx: 3 ints (z, y, x), voxels of the present grid.
        spacing_mm: 3 floats (z, y, x), present spacing in mm.
        new_spacing_mm: 3 floats (z, y, x), wanted spacing in mm.

    Returns:
        3 ints (z, y, x), each at least 1.

    Example:
        >>> target_shape((40, 256, 256), (5.0, 1.5, 1.5), (3.0, 3.0, 3.0))
        (67, 128, 128)
    """
    extents = zip(shape_zyx, spacing_mm, new_spacing_mm, strict=True)
    return tuple(max(1, round(count * old / new)) for count, old, new in extents)
