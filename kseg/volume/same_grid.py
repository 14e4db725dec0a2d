"""Whether two files have the same grid of voxels."""

from pathlib import Path

from kseg.volume.affine import LARGEST_MOVE_VOXELS, ROUNDING_VOXELS
from kseg.volume.findings import Finding, repair
from kseg.volume.geometry import corner_distance_mm, corner_distance_voxels
from kseg.volume.grid import Grid


def check_same_grid(
    image: Grid, labels: Grid, image_file: str | Path, labels_file: str | Path
) -> list[Finding]:
    """Compare the grid of a label file, or of a further channel, with that of its image.

    Args:
        image: Grid of the image, which holds where they differ a little.
        labels: Grid of the other file.
        image_file: path of the image, for messages.
        labels_file: path of the other file, which the findings are about.

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
    if image.shape_xyz != labels.shape_xyz:
        shapes = ["×".join(str(n) for n in grid.shape_xyz) for grid in (labels, image)]
        why = f"its shape {shapes[0]} is not the {shapes[1]} of {image_file}"
        fix = "check that the two belong together; resample one to the grid of the other"
        return [Finding("KS-D05", "refuse", str(labels_file), why, fix)]
    voxels = corner_distance_voxels(image.affine_mm, labels.affine_mm, image.shape_xyz)
    if voxels <= ROUNDING_VOXELS:
        return []
    distance = corner_distance_mm(image.affine_mm, labels.affine_mm, image.shape_xyz)
    why = f"its corners lie {distance:.2g} mm ({voxels:.2g} voxels) from those of {image_file}"
    if voxels <= LARGEST_MOVE_VOXELS:
        return [repair("D06", labels_file, f"{why}; the image's grid is used for both")]
    fix = "check that the two belong together; resample one to the grid of the other"
    return [Finding("KS-D06", "refuse", str(labels_file), why, fix)]
