"""Labels brought from their own grid onto another one, by nearest neighbour in world space."""

import numpy as np
from scipy import ndimage

from kseg.volume.volume import Volume


def labels_on_grid(labels: Volume, like: Volume) -> np.ndarray:
    """Return labels on the grid of another volume.

    Each voxel takes the label of the voxel that holds its centre; where the label map does not
    reach, it is background. Both may be oblique, and of different spacing and shape.

    Args:
        labels: Volume, voxels (z, y, x) of unsigned integers.
        like: Volume whose grid is wanted; its voxels are not looked at.

    Returns:
        (z, y, x) array of the shape of `like` and the type of `labels`.

    Example:
        >>> from kseg.volume.grid import make_grid
        >>> coarse = make_grid(np.diag([4, 2, 2, 1]), (2, 1, 1))
        >>> fine = make_grid(np.eye(4), (6, 1, 1))
        >>> labels = Volume(np.array([[[1, 2]]], np.uint8), coarse.affine, coarse)
        >>> like = Volume(np.zeros((1, 1, 6), np.uint8), fine.affine, fine)
        >>> labels_on_grid(labels, like).tolist()
        [[[1, 1, 2, 2, 2, 2]]]
    """
    from_like = np.linalg.solve(labels.affine, like.affine)
    # The affines speak of (x, y, z), the arrays are (z, y, x).
    matrix = from_like[:3, :3][::-1, ::-1]
    offset = from_like[:3, 3][::-1]
    return ndimage.affine_transform(
        labels.voxels,
        matrix,
        offset,
        output_shape=like.shape_zyx,
        order=0,
        # "constant" would take the outer half of each border voxel for outside.
        mode="grid-constant",
        cval=0,
    )
