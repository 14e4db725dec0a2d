"""Pure maths of voxel grids: corners, shear, and the way to canonical axes and back."""

from dataclasses import dataclass

import numpy as np
from nibabel.orientations import io_orientation


@dataclass(frozen=True)
class CanonicalAxes:
    """How a file's axes (i, j, k) become canonical (x, y, z), that is Right, Anterior, Superior.

    Args:
        file_axis: 3 ints, the file axis that runs along canonical x, y, z.
        flipped: 3 bools, whether it runs the other way.
    """

    file_axis: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]

    def view_zyx(self, array_kji: np.ndarray) -> np.ndarray:
        """Return a view in canonical order.

        Args:
            array_kji: array whose last axes are the file's, slowest first (k, j, i), as numpy sees
                a NIfTI file's bytes.

        Returns:
            View of shape (…, z, y, x), of the same memory.
        """
        lead = array_kji.ndim - 3
        order = [lead + 2 - axis for axis in reversed(self.file_axis)]
        view = array_kji.transpose(*range(lead), *order)
        steps = [slice(None, None, -1 if flip else 1) for flip in reversed(self.flipped)]
        return view[(..., *steps)]


def canonical_axes(affine: np.ndarray) -> CanonicalAxes:
    """Find the permutation and flips that bring an affine closest to Right, Anterior, Superior.

    Args:
        affine: (4, 4) array, invertible.

    Returns:
        CanonicalAxes.

    Example:
        >>> canonical_axes(np.diag([-1.0, -1, 3, 1])).flipped
        (True, True, False)
    """
    orientation = io_orientation(affine)
    file_axis = [int(np.flatnonzero(orientation[:, 0] == axis)[0]) for axis in range(3)]
    flipped = [bool(orientation[axis, 1] < 0) for axis in file_axis]
    return CanonicalAxes(tuple(file_axis), tuple(flipped))


def axes_like(affine: np.ndarray, like: np.ndarray) -> CanonicalAxes:
    """Find the permutation and flips that bring one affine closest to the axes of another.

    For oblique scans near 45 degrees a rounding error decides which axis counts as x. Two files of
    one grid are turned alike only if the axes of the one are those that the other is turned to.

    Args:
        affine: (4, 4) array, invertible.
        like: (4, 4) array, invertible, in canonical order.

    Returns:
        CanonicalAxes.

    Example:
        >>> axes_like(np.diag([-1.0, -1, 3, 1]), np.diag([-1.0, -1, 3, 1])).flipped
        (False, False, False)
    """
    return canonical_axes(np.linalg.solve(like, affine))


def canonical_affine(
    affine: np.ndarray, shape_xyz: tuple[int, int, int], axes: CanonicalAxes | None = None
) -> np.ndarray:
    """Return the affine of the same voxels in canonical order.

    Args:
        affine: (4, 4) array of the file's order.
        shape_xyz: 3 ints, voxels along the file's axes.
        axes: CanonicalAxes; None takes those that fit `affine` best.

    Returns:
        (4, 4) float64 array. No voxel moves: columns are permuted and negated, and the origin
        becomes the position of the voxel that is now first.
    """
    axes = canonical_axes(affine) if axes is None else axes
    result = np.array(affine, np.float64)
    for axis, (source, flip) in enumerate(zip(axes.file_axis, axes.flipped, strict=True)):
        column = affine[:3, source]
        result[:3, axis] = -column if flip else column
        if flip:
            result[:3, 3] += column * (shape_xyz[source] - 1)
    return result


def corner_distance_voxels(
    first: np.ndarray, second: np.ndarray, shape_xyz: tuple[int, int, int]
) -> float:
    """Return how far apart two affines put the same corner voxel, at worst.

    Args:
        first: (4, 4) array, whose voxels are the unit.
        second: (4, 4) array.
        shape_xyz: 3 ints, voxels along the axes of both.

    Returns:
        float, distance in voxels of `first`.

    Example:
        >>> moved = np.eye(4)
        >>> moved[0, 3] = 0.5
        >>> corner_distance_voxels(np.eye(4), moved, (9, 9, 9))
        0.5
    """
    corners = _corners(shape_xyz)
    # Compare differences, so that a far-off origin costs no digits.
    moved = np.linalg.solve(first[:3, :3], (second - first)[:3] @ corners)
    return float(np.linalg.norm(moved, axis=0).max())


def corner_distance_mm(
    first: np.ndarray, second: np.ndarray, shape_xyz: tuple[int, int, int]
) -> float:
    """Return how far apart two affines put the same corner voxel, at worst.

    Args:
        first: (4, 4) array in mm.
        second: (4, 4) array in mm.
        shape_xyz: 3 ints, voxels along the axes of both.

    Returns:
        float, distance in mm.

    Example:
        >>> moved = np.eye(4)
        >>> moved[1, 3] = 2.5
        >>> corner_distance_mm(np.eye(4), moved, (9, 9, 9))
        2.5
    """
    return float(np.linalg.norm((second - first)[:3] @ _corners(shape_xyz), axis=0).max())


def shear_degrees(affine: np.ndarray) -> float:
    """Return how far the axes are from being perpendicular, at worst.

    Args:
        affine: (4, 4) array, invertible.

    Returns:
        float, degrees.

    Example:
        >>> round(shear_degrees(np.array([[1, .01, 0], [0, 1, 0], [0, 0, 1]])), 3)
        0.573
    """
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    cosines = (directions.T @ directions)[np.triu_indices(3, 1)]
    return float(np.degrees(np.arcsin(np.clip(np.abs(cosines).max(), 0, 1))))


def without_shear(affine: np.ndarray, shape_xyz: tuple[int, int, int]) -> np.ndarray:
    """Return the closest affine whose axes are perpendicular, with the same spacing and centre.

    Args:
        affine: (4, 4) array, invertible.
        shape_xyz: 3 ints, voxels along the axes.

    Returns:
        (4, 4) float64 array.
    """
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    # Polar decomposition: of all matrices with perpendicular unit columns, U·Vᵀ is the closest.
    left, _, right = np.linalg.svd(affine[:3, :3] / spacing)
    centre = (np.array(shape_xyz) - 1) / 2
    result = np.eye(4)
    result[:3, :3] = (left @ right) * spacing
    result[:3, 3] = affine[:3, :3] @ centre + affine[:3, 3] - result[:3, :3] @ centre
    return result


def _corners(shape_xyz: tuple[int, int, int]) -> np.ndarray:
    last = np.array(shape_xyz, np.float64) - 1
    bits = np.indices((2, 2, 2)).reshape(3, 8)
    return np.vstack([bits * last[:, None], np.ones(8)])
