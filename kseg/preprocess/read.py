"""Read a labelled case the way that training needs it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kseg.dataset import Case, ReadOptions, join_labels, names_in_files
from kseg.errors import ManifestError
from kseg.volume import Volume, read_case


def read_labelled(
    case: Case, channels: int, label_names: Sequence[str], options: ReadOptions
) -> tuple[Volume, Volume]:
    """Read a case's image and mask, which must lie on one grid and hold declared labels only.

    Args:
        case: `Case` with a mask.
        channels: int, channels the image must have.
        label_names: names of the labels, index = value, `"background"` first.
        options: `ReadOptions`.

    Returns:
        `Volume` of the image and `Volume` of the mask.

    Raises:
        ManifestError: if the case has no mask.
        VolumeError: if a file cannot be trusted, the grids differ, or a value is undeclared.
    """
    image, mask = read_case(
        case.images,
        require_mask(case),
        label_names=names_in_files(label_names, options),
        channels=channels,
        affine_from=options.affine_from,
        assume_orientation=options.assume_orientation,
        nonfinite=options.nonfinite,
        purpose="train",
    )
    return image, replace(mask, voxels=join_labels(mask.voxels, options))


def require_mask(case: Case) -> Path:
    """Return the path of a case's mask.

    Args:
        case: `Case`.

    Returns:
        path.

    Raises:
        ManifestError: if the case has no mask.
    """
    if case.label is None:
        raise ManifestError(
            why=f"the case {case.id} has no mask, and only masked cases can be trained on",
            file=case.images[0],
            fix="add its mask or take the case out of the training list",
            code="KS-E05",
        )
    return case.label
