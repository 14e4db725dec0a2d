"""Volumes held in memory, cut inside the graph: the quick backend."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from kseg.preprocess import CachedCase
from kseg.storage import open_array


def resident_bytes(cases: Sequence[CachedCase]) -> int:
    """Return the memory in bytes that `ResidentVolumes` would take for these cases.

    Args:
        cases: cached cases.

    Returns:
        Bytes of the image (float16), label (uint8) and foreground (int32) tensors.

    Example:
        >>> resident_bytes([])
        0
    """
    if not cases:
        return 0
    depth, height, width = _stack_extent(cases)
    channels = open_array(cases[0].image).shape[-1]
    rows = sum(len(open_array(case.foreground)) for case in cases)
    return depth * height * width * (2 * channels + 1) + rows * 3 * 4


class ResidentVolumes:
    """All volumes one behind the other along z, in one image and one label tensor.

    Smaller volumes are padded in y and x to the largest; the padding is never read.
    The tensors live in host memory and are captured by the pipeline as they are: as constants of
    a graph they would meet its limit of 2 GB.

    Args:
        cases: cached cases, all with the same number of channels.

    Attributes:
        channels: int, channels of every image.
    """

    def __init__(self, cases: Sequence[CachedCase]):
        extent = _stack_extent(cases)
        self.channels = open_array(cases[0].image).shape[-1]
        image = np.zeros((*extent, self.channels), np.float16)
        labels = np.zeros(extent, np.uint8)
        starts = np.cumsum([0, *(case.shape_zyx[0] for case in cases)])
        for case, start in zip(cases, starts[:-1], strict=True):
            depth, height, width = case.shape_zyx
            place = np.s_[start : start + depth, :height, :width]
            image[place] = open_array(case.image)
            labels[place] = open_array(case.labels)
        lists = [open_array(case.foreground)[:, 1:] for case in cases]
        with tf.device("CPU:0"):
            # convert_to_tensor shares the array's memory where constant() would copy it.
            self._image = tf.convert_to_tensor(image)
            self._labels = tf.convert_to_tensor(labels)
            self._starts = tf.constant(starts, tf.int32)
            self._voxels = tf.convert_to_tensor(np.concatenate(lists).astype(np.int32))
            self._lists = tf.constant(np.cumsum([0, *map(len, lists)]), tf.int32)

    def read(self, case, begin_zyx, size_zyx) -> tuple[tf.Tensor, tf.Tensor]:
        """Return float16 image (z, y, x, channels) and uint8 labels (z, y, x) of a box."""
        begin = begin_zyx + tf.stack([self._starts[case], 0, 0])
        image = tf.slice(
            self._image, tf.concat([begin, [0]], axis=0), tf.concat([size_zyx, [-1]], axis=0)
        )
        return image, tf.slice(self._labels, begin, size_zyx)

    def foreground_voxel(self, case, row) -> tf.Tensor:
        """Return row `row` of the case's foreground list as int32 (z, y, x)."""
        return self._voxels[self._lists[case] + row]


def _stack_extent(cases):
    depths, heights, widths = zip(*(case.shape_zyx for case in cases), strict=True)
    return sum(depths), max(heights), max(widths)
