"""Logits of a whole volume from a network that sees one window at a time."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from kseg.predict.window import batches, importance_map, window_origins


@dataclass(frozen=True)
class WindowSettings:
    """How a volume is cut into windows and put together again.

    Args:
        size_zyx: 3 ints, voxels of a window (z, y, x).
        batch: int, windows that go through the network at once.
        overlap: float, the least share of a window that its neighbour covers.
        blend: `"gaussian"` or `"constant"`.
        mirror_axes: axes (0 is z, 1 is y, 2 is x) along which mirrored copies are averaged too.
    """

    size_zyx: tuple[int, int, int]
    batch: int = 4
    overlap: float = 0.5
    blend: str = "gaussian"
    mirror_axes: tuple[int, ...] = ()


class Predictor:
    """Slide a network over volumes of any size through one compiled function.

    Every call of the network has the same shape: a last, shorter batch of windows is filled up
    with zeros, and a volume smaller than the window is padded. So nothing is ever traced twice.

    Args:
        model: Keras model, (batch, z, y, x, channels) to logits (batch, z, y, x, classes).
        settings: `WindowSettings`.

    Example:
        >>> import keras
        >>> copy = keras.Sequential([keras.Input((4, 4, 4, 1)), keras.layers.Identity()])
        >>> volume = np.arange(6 * 5 * 3, dtype=np.float32).reshape(6, 5, 3, 1)
        >>> predictor = Predictor(copy, WindowSettings((4, 4, 4)))
        >>> bool(np.allclose(predictor.logits(volume), volume))
        True
    """

    def __init__(self, model, settings: WindowSettings):
        self.settings = settings
        weights = importance_map(settings.size_zyx, settings.blend)
        self._weights = weights[..., np.newaxis]
        mirrors = [
            axes
            for count in range(1, len(settings.mirror_axes) + 1)
            for axes in itertools.combinations(settings.mirror_axes, count)
        ]
        self._forward = tf.function(_weighted_forward(model, self._weights, mirrors))

    def logits(self, voxels: np.ndarray) -> np.ndarray:
        """Return the blended logits of a volume.

        Args:
            voxels: array (z, y, x, channels) in network units, of any float type.

        Returns:
            float32 array (z, y, x, classes).
        """
        window = self.settings.size_zyx
        shape = voxels.shape[:3]
        voxels = _pad_to(voxels, window)
        origins = window_origins(voxels.shape[:3], window, self.settings.overlap)
        total = None
        weight_sum = np.zeros((*voxels.shape[:3], 1), np.float32)
        for group in batches(origins, self.settings.batch):
            outputs = self._forward(self._gather(voxels, group)).numpy()
            if total is None:
                total = np.zeros((*voxels.shape[:3], outputs.shape[-1]), np.float32)
            for origin, output in zip(group, outputs, strict=False):
                place = _place(origin, window)
                total[place] += output
                weight_sum[place] += self._weights
        total /= weight_sum
        return total[
            tuple(_centre(size, target) for size, target in zip(shape, window, strict=True))
        ]

    def _gather(self, voxels: np.ndarray, origins: Sequence) -> np.ndarray:
        """Return the windows at `origins` as one batch, filled up with zeros."""
        size = self.settings.size_zyx
        windows = np.zeros((self.settings.batch, *size, voxels.shape[-1]), np.float32)
        for index, origin in enumerate(origins):
            windows[index] = voxels[_place(origin, size)]
        return windows


def _weighted_forward(model, weights: np.ndarray, mirrors: list[tuple[int, ...]]):
    """Return a function of a batch of windows: mean logits over mirrored copies, weighted."""

    def forward(windows):
        logits = tf.cast(model(windows, training=False), tf.float32)
        for axes in mirrors:
            flipped = [axis + 1 for axis in axes]
            mirrored = model(tf.reverse(windows, flipped), training=False)
            logits += tf.reverse(tf.cast(mirrored, tf.float32), flipped)
        return logits * (weights / np.float32(len(mirrors) + 1))

    return forward


def _pad_to(voxels: np.ndarray, window: tuple[int, int, int]) -> np.ndarray:
    """Return `voxels` with zeros on both sides where an axis is shorter than the window."""
    lack = [max(0, size - have) for size, have in zip(window, voxels.shape, strict=False)]
    if not any(lack):
        return voxels
    return np.pad(voxels, [(n // 2, n - n // 2) for n in lack] + [(0, 0)])


def _centre(size: int, window: int) -> slice:
    """Return where an axis of `size` lies after `_pad_to`."""
    before = max(0, window - size) // 2
    return slice(before, before + size)


def _place(origin: tuple[int, int, int], window: tuple[int, int, int]) -> tuple[slice, ...]:
    return tuple(slice(first, first + size) for first, size in zip(origin, window, strict=True))
