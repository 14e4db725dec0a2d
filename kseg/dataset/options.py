"""How doubtful files are read: the keys of a recipe that touch voxels or geometry."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadOptions:
    """How files are read that can be read in more than one way.

    Args:
        affine_from: "auto", "sform" or "qform", which geometry of a header holds.
        assume_orientation: str such as "RAS" for files without geometry, or None.
        nonfinite: "refuse" or "replace", what happens to NaN and infinity in an image.
        joined: tuple of int, for each value in the mask files the label that it becomes; empty
            where values are labels already.
        ignore: int, the label of voxels that are left out, the one after the last; or None.

    Example:
        >>> ReadOptions().nonfinite
        'refuse'
    """

    affine_from: str = "auto"
    assume_orientation: str | None = None
    nonfinite: str = "refuse"
    joined: tuple[int, ...] = ()
    ignore: int | None = None
