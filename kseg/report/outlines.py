"""The outline of a mask, along the edges of its pixels."""

from collections import defaultdict

import numpy as np

_Runs = dict[tuple[int, int], list[tuple[int, int]]]


def outline_path(mask_yx: np.ndarray) -> str:
    """Return the outline of a mask as the data of an SVG path.

    The path runs between the pixels, so it shows exactly which of them belong to the mask: pieces
    one way round, holes the other. Pixels that only touch at a corner are outlined each.

    Args:
        mask_yx: (y, x) array of bool.

    Returns:
        str, in pixels: pixel i covers [i, i + 1] along its axis. Empty for an empty mask.

    Raises:
        ValueError: if the mask has not 2 axes.

    Example:
        >>> outline_path(np.array([[False, True, True]]))
        'M1 0h2v1h-2z'
    """
    mask_yx = np.asarray(mask_yx, bool)
    if mask_yx.ndim != 2:
        raise ValueError(f"`mask_yx` must have 2 axes. Received: shape={mask_yx.shape}.")
    across = {
        (x, y): [(column, row) for row, column in ends]
        for (y, x), ends in _edge_runs(mask_yx).items()
    }
    # The transpose is a mirror image: its edges run the other way round, and are turned back.
    down = _reverse(_edge_runs(mask_yx.T))
    return "".join(_loops(across, down))


def _edge_runs(mask: np.ndarray) -> _Runs:
    """Return straight runs of edges along the last axis: start (row, column) -> ends.

    A run has the mask on its right, seen along it: to larger columns above the mask, to smaller
    ones below.
    """
    runs: _Runs = defaultdict(list)
    padded = np.pad(mask, 1).astype(np.int8)
    step = np.diff(padded, axis=0)  # 1 where the mask begins, -1 where it ends
    for sign in (1, -1):
        marks = np.diff((step == sign).astype(np.int8), axis=1)
        rows, first = np.nonzero(marks == 1)
        _, last = np.nonzero(marks == -1)
        ends = (first, last) if sign == 1 else (last, first)
        for row, start, end in zip(rows.tolist(), *(end.tolist() for end in ends), strict=True):
            runs[row, start].append((row, end))
    return runs


def _reverse(runs: _Runs) -> _Runs:
    reversed_runs: _Runs = defaultdict(list)
    for start, ends in runs.items():
        for end in ends:
            reversed_runs[end].append(start)
    return reversed_runs


def _loops(across: _Runs, down: _Runs) -> list[str]:
    loops = []
    for start in sorted(across, key=lambda point: (point[1], point[0])):
        while across[start]:
            loops.append(_loop(start, across, down))
    return loops


def _loop(start: tuple[int, int], across: _Runs, down: _Runs) -> str:
    """Follow one outline to where it began, and take its runs out of the tables."""
    parts = [f"M{start[0]} {start[1]}"]
    point, upwards = start, True
    while True:
        # Where two runs leave a corner, the one that turns right stays with the same pixel.
        corner = _take(across[point], 0, point, upwards)
        rightwards = corner[0] > point[0]
        parts.append(f"h{corner[0] - point[0]}")
        point = _take(down[corner], 1, corner, rightwards)
        upwards = point[1] < corner[1]
        if point == start:
            return "".join(parts) + "z"
        parts.append(f"v{point[1] - corner[1]}")


def _take(
    ends: list[tuple[int, int]], axis: int, corner: tuple[int, int], forwards: bool
) -> tuple[int, int]:
    """Take the run that goes forwards along an axis, or the only one."""
    for end in ends:
        if (end[axis] > corner[axis]) == forwards:
            ends.remove(end)
            return end
    return ends.pop()
