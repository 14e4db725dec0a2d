"""Where the windows of a sliding-window prediction lie."""

import itertools
import math
from collections.abc import Iterator

import numpy as np


def window_starts(size: int, window: int, overlap: float) -> tuple[int, ...]:
    """Return the first voxel of each window along one axis, evenly spread.

    Args:
        size: int, voxels of the axis, at least `window`.
        window: int, voxels of the window.
        overlap: float from 0 to below 1, the least share of a window that its neighbour covers.

    Returns:
        Tuple of ints; the first window starts at 0, the last ends at `size`.

    Example:
        >>> window_starts(10, 4, 0.5)
        (0, 2, 4, 6)
    """
    if size < window:
        raise ValueError(f"`size` must be at least `window`. Received: size={size}, {window=}.")
    # 10 * (1 - 0.8) is a little less than 2 for a computer; that must not double the windows.
    stride = max(1, math.floor(window * (1 - overlap) + 1e-9))
    count = math.ceil((size - window) / stride) + 1
    if count == 1:
        return (0,)
    return tuple(round(index * (size - window) / (count - 1)) for index in range(count))


def window_origins(
    shape_zyx: tuple[int, int, int], window_zyx: tuple[int, int, int], overlap: float
) -> list[tuple[int, int, int]]:
    """Return the origin (z, y, x) of every window over a volume."""
    axes = [
        window_starts(size, window, overlap)
        for size, window in zip(shape_zyx, window_zyx, strict=True)
    ]
    return list(itertools.product(*axes))


def batches(origins: list, batch: int) -> Iterator[list]:
    """Yield `origins` in runs of `batch`; the last may be shorter."""
    for first in range(0, len(origins), batch):
        yield origins[first : first + batch]


def importance_map(window_zyx: tuple[int, int, int], blend: str) -> np.ndarray:
    """Return the weight of each voxel of a window in the blended result.

    Args:
        window_zyx: 3 ints, voxels of the window.
        blend: `"gaussian"`, weights that fall off with a standard deviation of an eighth of the
            window, since predictions are worst at its border; or `"constant"`.

    Returns:
        float32 array of shape `window_zyx`, largest value 1, none below 1e-3: a voxel that lies at
        the border of its only window must not be divided by (almost) nothing.

    Example:
        >>> float(importance_map((3, 3, 3), "gaussian")[1, 1, 1])
        1.0

    Reference:
        Isensee et al., nnU-Net, Nature Methods 2021, doi:10.1038/s41592-020-01008-z.
    """
    if blend == "constant":
        return np.ones(window_zyx, np.float32)
    if blend != "gaussian":
        raise ValueError(f'`blend` must be "gaussian" or "constant". Received: {blend=}.')
    weights = np.ones((), np.float32)
    for size in window_zyx:
        distance = np.arange(size) - (size - 1) / 2
        weights = np.multiply.outer(weights, np.exp(-0.5 * (distance / (size / 8)) ** 2))
    return np.maximum(weights / weights.max(), 1e-3).astype(np.float32)
