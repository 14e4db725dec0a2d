"""Whether two files have the same grid of voxels."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from kseg.volume.affine import LARGEST_MOVE_VOXELS, ROUNDING_VOXELS
from kseg.volume.findings import Finding, repair
from kseg.volume.geometry import (
    CanonicalAxes,
    axes_like,
    canonical_affine,
    canonical_axes,
    corner_distance_mm,
    corner_distance_voxels,
)
from kseg.volume.grid import Grid
from kseg.volume.volume import Volume

_FIX = "check that the two belong together; resample one to the grid of the other"


def check_same_grid(
    first: Grid, other: Grid, first_name: str | Path, other_file: str | Path
) -> list[Finding]:
    """Compare the grid of a further channel with that of the first one, as their files store them.

    The same voxels in another order along the file's axes count as another grid; where that must
    not matter, see `check_label_grid` and `check_same_canonical_grid`.

    Args:
        first: Grid of the first file, which holds where they differ a little.
        other: Grid of the other file.
        first_name: what messages call the first: a name rather than a path, as they are shared.
        other_file: path of the other file, which the findings are about.

    Returns:
        list of Finding: a refusal KS-D05 if the shapes differ, a refusal KS-D06 if a corner lies
        more than 0.1 voxel off, a repair KS-D06 if it lies less off, else empty.

    Example:
        >>> import numpy as np
        >>> from kseg.volume import make_grid
        >>> grid, other = make_grid(np.eye(4), (8, 8, 4)), make_grid(np.eye(4), (8, 8, 5))
        >>> [finding.code for finding in check_same_grid(grid, other, "scan.nii", "mask.nii")]
        ['KS-D05']
    """
    return _compare(
        (first.shape_xyz, first.affine_mm),
        (other.shape_xyz, other.affine_mm),
        (first_name, other_file),
    )


def check_label_grid(
    image: Grid, labels: Grid, image_file: str | Path, labels_file: str | Path
) -> list[Finding]:
    """Compare the grid of a label file with that of its image, however the two store their axes.

    Args:
        image: Grid of the image, which holds where they differ a little.
        labels: Grid of the label file.
        image_file: path of the image, of which messages tell the name.
        labels_file: path of the label file, which the findings are about.

    Returns:
        list of Finding, as from `check_same_grid`. Shapes are told in the order of the world.

    Example:
        >>> import numpy as np
        >>> from kseg.volume import make_grid
        >>> affine = np.array([[0, 0, -2, 6], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
        >>> grid, turned = make_grid(np.diag([2, 1, 1, 1]), (4, 8, 8)), make_grid(affine, (8, 8, 4))
        >>> check_label_grid(grid, turned, "scan.nii", "mask.nii")
        []
    """
    affine = canonical_affine(image.affine_mm, image.shape_xyz)
    image_axes, axes = canonical_axes(image.affine_mm), axes_like(labels.affine_mm, affine)
    return _compare(
        (_in_order(image.shape_xyz, image_axes), affine),
        (
            _in_order(labels.shape_xyz, axes),
            canonical_affine(labels.affine_mm, labels.shape_xyz, axes),
        ),
        (f"the image {Path(image_file).name}", labels_file),
    )


def check_same_canonical_grid(
    first: Volume, second: Volume, first_name: str | Path, second_name: str | Path
) -> list[Finding]:
    """Compare the grids of two volumes as they were read, however their files store the axes.

    Args:
        first: Volume whose grid holds where they differ a little.
        second: Volume, turned by `turned_like` where it could lie near 45 degrees.
        first_name: what messages call the first: a name rather than a path, if they are shared.
        second_name: path or name of the second, which the findings are about.

    Returns:
        list of Finding, as from `check_same_grid`.

    Example:
        >>> from kseg.volume.grid import make_grid
        >>> right, left = make_grid(np.eye(4), (3, 2, 1)), np.diag([-1.0, 1, 1, 1])
        >>> left[0, 3] = 2
        >>> voxels = np.zeros((1, 2, 3), np.uint8)
        >>> first = Volume(voxels, right.affine_mm, right)
        >>> mirrored = make_grid(left, (3, 2, 1))
        >>> second = Volume(voxels, canonical_affine(left, (3, 2, 1)), mirrored)
        >>> check_same_canonical_grid(first, second, "the true mask", "mine.nii")
        []
        >>> [finding.code for finding in check_same_grid(right, mirrored, "scan.nii", "mine.nii")]
        ['KS-D06']
    """
    return _compare(
        (first.shape_zyx[::-1], first.affine),
        (second.shape_zyx[::-1], second.affine),
        (first_name, second_name),
    )


def turned_like(volume: Volume, like: Volume) -> Volume:
    """Return a volume with its axes in the order and direction that come closest to another's.

    Both are canonical, so that most often nothing has to be done. But for oblique scans near 45
    degrees a rounding error decides which axis counts as x, and two files of one grid may be read
    with different axes.

    Args:
        volume: Volume, an image or labels.
        like: Volume whose axes are wanted; its voxels are not looked at.

    Returns:
        Volume of the same voxels at the same places.
    """
    axes = axes_like(volume.affine, like.affine)
    if axes.file_axis == (0, 1, 2) and not any(axes.flipped):
        return volume
    # A channel axis stays the last one.
    spatial_last = np.moveaxis(volume.voxels, (0, 1, 2), (-3, -2, -1))
    turned = np.moveaxis(axes.view_zyx(spatial_last), (-3, -2, -1), (0, 1, 2))
    affine = canonical_affine(volume.affine, volume.shape_zyx[::-1], axes)
    return replace(volume, voxels=np.ascontiguousarray(turned), affine=affine)


def _in_order(shape_xyz: tuple[int, int, int], axes: CanonicalAxes) -> tuple[int, int, int]:
    return tuple(shape_xyz[axis] for axis in axes.file_axis)


def _compare(first, second, names) -> list[Finding]:
    """Compare two pairs of shape and affine, both of the axes (x, y, z)."""
    (shape_xyz, affine), (other_xyz, other_affine) = first, second
    name, other_name = names
    if shape_xyz != other_xyz:
        shapes = ["×".join(str(n) for n in shape) for shape in (other_xyz, shape_xyz)]
        why = f"its shape {shapes[0]} is not the {shapes[1]} of {name}"
        return [Finding("KS-D05", "refuse", str(other_name), why, _FIX)]
    voxels = corner_distance_voxels(affine, other_affine, shape_xyz)
    if voxels <= ROUNDING_VOXELS:
        return []
    distance = corner_distance_mm(affine, other_affine, shape_xyz)
    why = f"its corners lie {distance:.2g} mm ({voxels:.2g} voxels) from those of {name}"
    if voxels <= LARGEST_MOVE_VOXELS:
        return [repair("D06", other_name, f"{why}; the grid of {name} is used for both")]
    return [Finding("KS-D06", "refuse", str(other_name), why, _FIX)]
