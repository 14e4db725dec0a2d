"""Volumes read from disk by memory map, a box at a time: the backend for large sets."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from kseg.preprocess import CachedCase
from kseg.storage import open_array


class MappedVolumes:
    """Read boxes and foreground voxels from the cached .npy files when they are asked for.

    Args:
        cases: cached cases, all with the same number of channels.

    Attributes:
        channels: int, channels of every image.
    """

    def __init__(self, cases: Sequence[CachedCase]):
        self._cases = tuple(cases)
        self.channels = open_array(cases[0].image).shape[-1]

    def read(self, case, begin_zyx, size_zyx) -> tuple[tf.Tensor, tf.Tensor]:
        """Return float16 image (z, y, x, channels) and uint8 labels (z, y, x) of a box."""
        image, labels = tf.numpy_function(
            self._read, [case, begin_zyx, size_zyx], [tf.float16, tf.uint8], stateful=False
        )
        image.set_shape((None, None, None, self.channels))
        labels.set_shape((None, None, None))
        return image, labels

    def foreground_voxel(self, case, row) -> tf.Tensor:
        """Return row `row` of the case's foreground list as int32 (z, y, x)."""
        voxel = tf.numpy_function(self._foreground_voxel, [case, row], tf.int32, stateful=False)
        return tf.ensure_shape(voxel, (3,))

    def _read(self, case, begin_zyx, size_zyx):
        # Opened anew each time (0.03 ms): an open map holds a file handle, and handles are few.
        z, y, x = (slice(b, b + n) for b, n in zip(begin_zyx, size_zyx, strict=True))
        files = self._cases[case]
        image = np.ascontiguousarray(open_array(files.image)[z, y, x], np.float16)
        return image, np.ascontiguousarray(open_array(files.labels)[z, y, x], np.uint8)

    def _foreground_voxel(self, case, row):
        return np.array(open_array(self._cases[case].foreground)[row, 1:], np.int32)
