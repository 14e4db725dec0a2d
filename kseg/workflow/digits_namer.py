"""A network as a function from pictures to digits, and how it is judged while it trains."""

import time
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from kseg.dataset.sources.digits import Digits
from kseg.workflow.digits_stream import as_input

ACCURACY = "val_accuracy"
_AT_ONCE = 500


class DigitValidation:
    """Validate a network on the digits that are kept for it.

    Args:
        digits: `Digits`.
    """

    def __init__(self, digits: Digits):
        self._digits = digits
        self._namer: DigitNamer | None = None

    def __call__(self, model: keras.Model) -> Mapping[str, float | None]:
        """Return `val_accuracy`, the share of digits that are named rightly."""
        named = self._names(model, self._digits.test_images)
        return {ACCURACY: float(np.mean(named == self._digits.test_labels))}

    def estimate_seconds(self, model: keras.Model) -> float:
        """Return about how many seconds a validation takes, from some of the digits."""
        some = self._digits.test_images[:_AT_ONCE]
        self._names(model, some)
        started = time.monotonic()
        self._names(model, some)
        return (time.monotonic() - started) * len(self._digits.test_images) / len(some)

    def _names(self, model: keras.Model, images: np.ndarray) -> np.ndarray:
        if self._namer is None:
            self._namer = DigitNamer(model)
        return self._namer(images)


class DigitNamer:
    """A network as a function from pictures to the digits found at each place.

    Args:
        model: Keras model from (batch, y, x, 1) to logits (batch, y', x', 10).
    """

    def __init__(self, model: keras.Model):
        self._names = tf.function(
            lambda images: tf.argmax(model(as_input(images), training=False), axis=-1),
            reduce_retracing=True,
        )

    def maps(self, images: np.ndarray) -> np.ndarray:
        """Return the digits found at each place.

        Args:
            images: uint8 array (cases, y, x), 0 to 255.

        Returns:
            int64 array (cases, y', x').
        """
        parts = [images[at : at + _AT_ONCE] for at in range(0, len(images), _AT_ONCE)]
        return np.concatenate([self._names(part).numpy() for part in parts])

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return the digit in each picture of 28 × 28 pixels: int64 array (cases,)."""
        return self.maps(images)[:, 0, 0]
