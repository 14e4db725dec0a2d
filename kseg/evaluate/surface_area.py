"""Area of the surface that marching cubes draws between eight neighbouring voxels."""

from collections.abc import Sequence
from functools import cache
from itertools import permutations, product

import numpy as np

# The fourteen ways (up to turning, mirroring, and swapping inside with outside) to fill some
# corners (z, y, x) of a cube, each with the vectors whose lengths add up to the area between:
# parallel triangles are one vector, and its unit is an eighth of a voxel's face.
_CLASSES = (
    ((), ()),
    (("000",), ((1, 1, 1),)),
    (("000", "001"), ((4, 4, 0),)),
    (("001", "010"), ((2, 2, 2),)),
    (("011", "100"), ((2, 2, 2),)),
    (("000", "001", "010"), ((4, 0, 0), (3, 3, 3))),
    (("000", "011", "100"), ((0, 4, 4), (1, 1, 1))),
    (("001", "010", "100"), ((3, 3, 3),)),
    (("000", "001", "010", "011"), ((8, 0, 0),)),
    (("000", "001", "010", "100"), ((6, 6, 6),)),
    (("001", "010", "011", "100"), ((4, 0, 0), (4, 4, 4))),
    (("000", "001", "011", "100"), ((0, 2, 2), (2, 0, 2), (4, 4, 4))),
    (("010", "011", "100", "101"), ((8, 8, 0),)),
    (("000", "011", "101", "110"), ((4, 4, 4),)),
)
_MOST_VECTORS = 3


def surface_areas_mm2(spacing_mm: Sequence[float]) -> np.ndarray:
    """Return the surface area in a cell of 2 x 2 x 2 voxel centres, for all 256 ways to fill it.

    The cell whose voxels are all outside or all inside has none.

    Args:
        spacing_mm: 3 floats (z, y, x), voxel spacing in mm.

    Output shape:
        (256,), by the code of the cell: a voxel at (z, y, x), each 0 or 1, adds 2 to the power of
        4z + 2y + x

    Returns:
        array of float64, in mm².

    Example:
        >>> areas = surface_areas_mm2((3.0, 1.0, 1.0))
        >>> float(areas[0b00001111]), float(areas[0b01010101])
        (1.0, 3.0)

    Reference:
        Lorensen and Cline, Marching cubes: a high resolution 3D surface construction algorithm,
        SIGGRAPH 1987; as a measure of masks: Nikolov et al., 2018, arXiv:1809.04430.
    """
    z, y, x = (float(step) for step in spacing_mm)
    faces_mm2 = np.array((y * x, z * x, z * y))
    return np.linalg.norm(_vectors() * (faces_mm2 / 8.0), axis=2).sum(axis=1)


@cache
def _vectors() -> np.ndarray:
    """Spread the classes over all codes: (256, vectors, 3)."""
    table = np.zeros((256, _MOST_VECTORS, 3))
    for corners, vectors in _CLASSES:
        for order, turned in product(permutations(range(3)), product((0, 1), repeat=3)):
            code = sum(1 << _bit(corner, order, turned) for corner in corners)
            for index, vector in enumerate(vectors):
                table[[code, 255 - code], index] = [vector[axis] for axis in order]
    return table


def _bit(corner: str, order: Sequence[int], turned: Sequence[int]) -> int:
    z, y, x = (int(corner[axis]) ^ turn for axis, turn in zip(order, turned))
    return 4 * z + 2 * y + x
