"""Small folders of masks for the tests of this room and of its verb."""

import json
from pathlib import Path

import numpy as np

from kseg.volume import make_grid, write_labels

SHAPE_ZYX = (6, 8, 10)
SPACING_ZYX = (3.0, 1.5, 1.0)


def block(*boxes, shape=SHAPE_ZYX):
    """A mask of boxes `(value, z, y, x)`, each axis a slice or a number, later ones on top."""
    voxels = np.zeros(shape, np.uint16)
    for value, *place in boxes:
        voxels[tuple(place)] = value
    return voxels


# 3 x 4 x 4 voxels of the value 1 with a border all round.
BALL = block((1, slice(1, 4), slice(2, 6), slice(3, 7)))


def write(path, voxels=BALL, *, origin_mm=(0.0, 0.0, 0.0), spacing=SPACING_ZYX):
    """Write a mask on a grid whose first voxel lies at `origin_mm` (x, y, z)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    affine = np.diag([*spacing[::-1], 1.0])
    affine[:3, 3] = origin_mm
    write_labels(path, voxels, make_grid(affine, voxels.shape[::-1]))
    return path


def moved(voxels, by=1):
    """The mask, `by` voxels further along x."""
    return np.roll(voxels, by, axis=2)


def two_folders(root: Path, names=("a", "b", "c"), voxels=BALL):
    """True masks, and the same moved by one voxel."""
    for name in names:
        write(root / "truth" / f"{name}.nii.gz", voxels)
        write(root / "predicted" / f"{name}.nii.gz", moved(voxels))
    return root / "truth", root / "predicted"


def declare(path: Path, labels, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"labels": labels} | more))
    return path
