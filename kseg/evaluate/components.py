"""Connected pieces of a mask."""

import numpy as np
from scipy import ndimage

try:
    import cc3d
except ImportError:  # The extra `fast` is not installed: scipy finds the same pieces, later.
    cc3d = None


def connected_components(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Number the connected pieces of a mask.

    Voxels belong together where they touch by faces, edges or corners (26 neighbours). Which
    piece has which number is not told.

    Args:
        mask: bool array (z, y, x).

    Returns:
        integer array (z, y, x), 0 outside and from 1 inside, and the number of pieces.

    Example:
        >>> connected_components(np.array([[[True, False, True, True]]]))[1]
        2
    """
    if cc3d is not None and mask.size:
        # As numbers: cc3d 4.1 makes too little room for the pieces of a thin bool array, and fails.
        numbers = np.ascontiguousarray(mask).view(np.uint8)
        return cc3d.connected_components(numbers, connectivity=26, return_N=True)
    return ndimage.label(mask, np.ones((3, 3, 3), bool))
