"""Connected pieces of a predicted mask."""

import numpy as np
from scipy import ndimage


def keep_largest_component(labels: np.ndarray) -> np.ndarray:
    """Set to background all but the largest connected piece of each label.

    Pieces touch by faces, edges or corners (26 neighbours). Of two equal ones the first stays.

    Args:
        labels: integer array (z, y, x).

    Returns:
        Array like `labels`.

    Example:
        >>> keep_largest_component(np.array([[[1, 1, 0, 1, 2]]])).tolist()
        [[[1, 1, 0, 0, 2]]]
    """
    kept = labels.copy()
    touching = np.ones((3, 3, 3), bool)
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        mask = labels[box] == label
        pieces, count = ndimage.label(mask, touching)
        if count > 1:
            sizes = np.bincount(pieces.ravel())
            sizes[0] = 0
            kept[box][mask & (pieces != sizes.argmax())] = 0
    return kept
