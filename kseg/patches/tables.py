"""What the sampler must know of every case: its extent and where each class's voxels are listed."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from kseg.preprocess import CachedCase
from kseg.storage import open_array

_MOST_LABELS = 256


@dataclass(frozen=True, eq=False)
class CaseTables:
    """Extents and foreground ranges of all cases, small enough to be always in memory.

    Args:
        shapes_zyx: int32 tensor (cases, 3), extent of each volume in voxels.
        class_starts: int32 tensor (cases, classes), first row of a class in the case's
            foreground list.
        class_counts: int32 tensor (cases, classes), rows of that class; 0 where it is absent.
            Column 0 (background) is always 0.
        channels: int, channels of every image.

    Example:
        >>> ones = tf.ones((1, 2), tf.int32)
        >>> CaseTables(tf.constant([[8, 9, 10]]), ones, ones, channels=1).channels
        1
    """

    shapes_zyx: tf.Tensor
    class_starts: tf.Tensor
    class_counts: tf.Tensor
    channels: int


def read_tables(cases: Sequence[CachedCase]) -> CaseTables:
    """Read extents and foreground ranges from the cached files, touching a few bytes of each.

    Args:
        cases: cached cases, at least one, all with the same number of channels.

    Returns:
        The `CaseTables` of these cases, in their order.

    Raises:
        ValueError: if there is no case, a label above 255, or if the cases differ in channels.

    Example:
        >>> read_tables([])
        Traceback (most recent call last):
            ...
        ValueError: `cases` must hold at least one case. Received: cases=[].
    """
    if not cases:
        raise ValueError(f"`cases` must hold at least one case. Received: cases={cases}.")
    channels = {open_array(case.image).shape[-1] for case in cases}
    if len(channels) > 1:
        raise ValueError(
            "All `cases` must have the same number of channels. "
            f"Received: channels={sorted(channels)}."
        )
    if max(len(case.label_counts) for case in cases) > _MOST_LABELS:
        raise ValueError(f"`cases` must have at most {_MOST_LABELS} labels (uint8).")
    edges = [_class_edges(open_array(case.foreground)) for case in cases]
    classes = max(2, *(len(row) - 1 for row in edges))
    # A class above a case's highest one starts and ends where the case's list ends: it is empty.
    edges = np.array([row + row[-1:] * (classes + 1 - len(row)) for row in edges], np.int32)
    with tf.device("CPU:0"):
        return CaseTables(
            tf.constant([case.shape_zyx for case in cases], tf.int32),
            tf.constant(edges[:, :-1]),
            tf.constant(np.diff(edges, axis=1)),
            channels.pop(),
        )


def _class_edges(foreground: np.ndarray) -> list[int]:
    """Return the row at which each class 0, 1, … starts, and the end; rows are sorted by class."""
    rows = len(foreground)
    highest = int(foreground[-1, 0]) if rows else 0
    # Bisection reads a handful of rows, where a scan would read the whole file.
    first = [
        bisect_left(range(rows), label, key=lambda row: int(foreground[row, 0]))
        for label in range(1, highest + 1)
    ]
    start = first[0] if first else rows
    return [start, *first, rows]
