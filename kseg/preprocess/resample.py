"""Resample volumes and label maps from one voxel grid to another, one axis at a time."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import ndimage
from scipy.sparse import csr_array


def resample(
    array_zyxc: np.ndarray, shape_zyx: Sequence[int], orders_zyx: Sequence[int] = (3, 3, 3)
) -> np.ndarray:
    """Resample an array of intensities or logits to another shape over the same extent.

    Voxels are little boxes: the grids share their outer faces, not their outer centres. Beyond
    the faces the border voxel repeats. Nothing is smoothed before shrinking.

    Args:
        array_zyxc: array of numbers, worked on as float32.
        shape_zyx: 3 ints (z, y, x), voxels of the new grid.
        orders_zyx: 3 ints (z, y, x): 0 nearest, 1 linear, 3 cubic B-spline.

    Input shape:
        (z, y, x, channels)

    Output shape:
        (*shape_zyx, channels), float32

    Returns:
        array; the input itself where it is float32 and nothing changes.

    Raises:
        ValueError: if the array has not four axes, or an order is not 0, 1 or 3.

    Example:
        >>> resample(np.zeros((4, 8, 8, 2), np.float32), (4, 4, 16)).shape
        (4, 4, 16, 2)
    """
    if array_zyxc.ndim != 4:
        raise ValueError(
            f"`array_zyxc` must have axes (z, y, x, channel). Received: shape={array_zyxc.shape}."
        )
    operators = _operators(array_zyxc.shape[:3], shape_zyx, orders_zyx)
    if all(operator is None for operator in operators):
        return np.asarray(array_zyxc, np.float32)
    channels = array_zyxc.shape[3]
    if channels == 1:
        return _apply(array_zyxc[..., 0], operators)[..., np.newaxis]
    # Channel by channel, so that no axis has the channels inside it and memory stays low.
    resampled = np.empty((*shape_zyx, channels), np.float32)
    for channel in range(channels):
        resampled[..., channel] = _apply(array_zyxc[..., channel], operators)
    return resampled


def resample_labels(
    labels_zyx: np.ndarray, shape_zyx: Sequence[int], orders_zyx: Sequence[int] = (1, 1, 1)
) -> np.ndarray:
    """Resample a label map: each voxel takes the label with the largest interpolated share.

    Equal shares go to the smaller label. Labels are taken one after the other, each inside its
    own bounding box, so that memory does not grow with their number.

    Args:
        labels_zyx: array of unsigned integers, 0 is background.
        shape_zyx: 3 ints (z, y, x), voxels of the new grid.
        orders_zyx: 3 ints (z, y, x): 1 linear shares, 0 along a coarse axis.

    Input shape:
        (z, y, x)

    Output shape:
        `shape_zyx`, of the input's dtype

    Returns:
        array of labels; the input itself where the shape stays.

    Example:
        >>> labels = np.array([[[0, 0, 7, 7]]], np.uint8)
        >>> resample_labels(labels, (1, 1, 8)).tolist()
        [[[0, 0, 0, 0, 7, 7, 7, 7]]]
    """
    if tuple(shape_zyx) == labels_zyx.shape:
        return labels_zyx
    operators = [
        _operator(n, m, order)
        for n, m, order in zip(labels_zyx.shape, shape_zyx, orders_zyx, strict=True)
    ]
    result = np.zeros(shape_zyx, labels_zyx.dtype)
    best = np.zeros(shape_zyx, np.float32)
    total = np.zeros(shape_zyx, np.float32)
    for label, box in enumerate(ndimage.find_objects(labels_zyx), start=1):
        if box is None:
            continue
        parts, reach = zip(*map(_restrict, operators, box), strict=True)
        share = _apply(labels_zyx[box] == label, parts)
        total[reach] += share
        wins = share > best[reach]
        np.copyto(best[reach], share, where=wins)
        np.copyto(result[reach], label, where=wins, casting="unsafe")
    # The shares of all labels add up to one, so background's need not be interpolated.
    np.subtract(1.0, total, out=total)
    result[total >= best] = 0
    return result


def _restrict(operator: csr_array, span: slice) -> tuple[csr_array, slice]:
    """Keep the columns in `span` and the rows that they reach."""
    columns = operator[:, span]
    rows = np.flatnonzero(np.diff(columns.indptr))
    # A strong reduction may skip a small structure altogether.
    reach = slice(rows[0], rows[-1] + 1) if rows.size else slice(0, 0)
    return columns[reach], reach


def _operators(shape_zyx, new_shape_zyx, orders_zyx) -> list[csr_array | None]:
    triples = zip(shape_zyx, new_shape_zyx, orders_zyx, strict=True)
    return [None if n == m else _operator(n, m, order) for n, m, order in triples]


def _apply(volume_zyx: np.ndarray, operators: Sequence[csr_array | None]) -> np.ndarray:
    """Apply one operator an axis, shrinking axes first: the cheapest order in time and memory."""
    volume = np.ascontiguousarray(volume_zyx, np.float32)
    growth = {
        axis: operator.shape[0] / operator.shape[1]
        for axis, operator in enumerate(operators)
        if operator is not None
    }
    for axis in sorted(growth, key=growth.__getitem__):
        volume = _apply_along(axis, operators[axis], volume)
    return volume


def _apply_along(axis: int, operator: csr_array, volume: np.ndarray) -> np.ndarray:
    shape = [*volume.shape]
    shape[axis] = operator.shape[0]
    if axis == 0:
        return (operator @ volume.reshape(len(volume), -1)).reshape(shape)
    result = np.empty(shape, np.float32)
    for plane, out in zip(volume, result, strict=True):
        out[...] = operator @ plane if axis == 1 else (operator @ plane.T).T
    return result


@lru_cache(maxsize=256)
def _operator(n: int, m: int, order: int) -> csr_array:
    """Build the (m, n) matrix that takes n samples of an axis to m.

    It is sparse, since a dense product would be spread over threads by the linear algebra library:
    ten times slower where another process keeps a core busy, and not the same to the last bit.
    """
    if order not in (0, 1, 3):
        raise ValueError(f"`orders_zyx` must hold 0, 1 or 3. Received: {order}.")
    if n == 1:
        operator = np.ones((m, 1))
    elif order == 0:
        operator = np.zeros((m, n))
        # The nearest centre in whole numbers: no rounding error decides between two slices.
        operator[np.arange(m), (2 * np.arange(m) + 1) * n // (2 * m)] = 1.0
    else:
        operator = _linear(n, m) if order == 1 else _cubic(n, m)
    return csr_array(operator, dtype=np.float32)


def _linear(n: int, m: int) -> np.ndarray:
    position = np.clip((np.arange(m) + 0.5) * n / m - 0.5, 0, n - 1)
    left = np.minimum(position.astype(int), n - 2)
    operator = np.zeros((m, n))
    operator[np.arange(m), left] = left + 1 - position
    operator[np.arange(m), left + 1] = position - left
    return operator


def _cubic(n: int, m: int) -> np.ndarray:
    """Let scipy resample each unit impulse: the responses are the columns."""
    columns = [
        ndimage.zoom(impulse, m / n, order=3, mode="nearest", grid_mode=True)
        for impulse in np.eye(n)
    ]
    operator = np.stack(columns, axis=1)
    # The tails fade without end; what float32 cannot tell from zero is left out.
    operator[np.abs(operator) < 1e-7] = 0.0
    return operator
