"""An image and its labels, read together and checked against each other."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from kseg.volume.affine import AffineFrom, Purpose
from kseg.volume.findings import raise_refusals
from kseg.volume.labels import check_label_values
from kseg.volume.nifti import read_image, read_labels
from kseg.volume.same_grid import check_label_grid
from kseg.volume.volume import Volume


def read_case(
    image_paths: str | Path | Sequence[str | Path],
    label_path: str | Path,
    *,
    label_names: Sequence[str] | None = None,
    channels: int | None = None,
    affine_from: AffineFrom = "auto",
    assume_orientation: str | None = None,
    nonfinite: Literal["refuse", "replace"] = "refuse",
    purpose: Purpose = "train",
) -> tuple[Volume, Volume]:
    """Read an image and its labels, which must lie on one grid, in whatever order they are stored.

    Args:
        image_paths: as in `read_image`.
        label_path: path of the label file.
        label_names: sequence of str or None; with names, undeclared values are refused.
        channels: as in `read_image`.
        affine_from: as in `read_image`.
        assume_orientation: as in `read_image`.
        nonfinite: as in `read_image`.
        purpose: as in `read_image`.

    Returns:
        The image and the labels. Both have the image's affine; the labels' findings tell if
        theirs differed by up to 0.1 voxel.

    Raises:
        VolumeError: if either file is refused, or their shapes (KS-D05) or places (KS-D06) differ.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from kseg.volume import make_grid, write_image, write_labels
        >>> folder = Path(tempfile.mkdtemp())
        >>> grid = make_grid(np.eye(4), (8, 8, 4))
        >>> write_image(folder / "scan.nii.gz", np.zeros((4, 8, 8), np.int16), grid)
        >>> write_labels(folder / "mask.nii.gz", np.ones((4, 8, 8), np.uint8), grid)
        >>> image, labels = read_case(folder / "scan.nii.gz", folder / "mask.nii.gz")
        >>> image.voxels.shape, labels.voxels.shape
        ((4, 8, 8, 1), (4, 8, 8))
    """
    geometry = {
        "affine_from": affine_from,
        "assume_orientation": assume_orientation,
        "purpose": purpose,
    }
    image = read_image(image_paths, channels=channels, nonfinite=nonfinite, **geometry)
    labels = read_labels(label_path, like=image.grid, **geometry)
    one = isinstance(image_paths, str | Path)
    pair = check_label_grid(
        image.grid, labels.grid, image_paths if one else image_paths[0], label_path
    )
    raise_refusals(pair)
    if label_names is not None:
        check_label_values(labels.voxels, label_names, label_path)
    findings = (*labels.findings, *pair)
    return image, replace(labels, affine=image.affine, findings=findings)
