"""Seeds and elementary draws: every random number is a pure function of numbers told apart."""

import math
from enum import IntEnum

import tensorflow as tf

_WHOLE_BATCH = -1
_SECOND = 2**32


class Purpose(IntEnum):
    """What a draw is for, so that leaving one draw out never changes another.

    The values are part of the promise that equal seeds give equal patches: append, never renumber.

    Example:
        >>> Purpose.FLIP.name
        'FLIP'
    """

    PLACE = 0
    AFFINE = 1
    NOISE = 2
    BLUR = 3
    BRIGHTNESS = 4
    CONTRAST = 5
    LOWRES = 6
    GAMMA = 7
    FLIP = 8
    # The steps of other packages, one number each from here on.
    PLUGGED = 1000


def batch_seed(seed: int, step) -> tf.Tensor:
    """Return the seed of what concerns a whole batch.

    Args:
        seed: int, the recipe's seed; any 64-bit integer.
        step: int or int64 scalar, training step.

    Returns:
        int64 tensor (2,).

    Example:
        >>> batch_seed(0, 7).shape
        TensorShape([2])
    """
    return tf.stack([_batch_key(seed, step), _WHOLE_BATCH])


def sample_key(seed: int, step, sample) -> tf.Tensor:
    """Return the key of one sample of one step.

    Args:
        seed: int, the recipe's seed; any 64-bit integer.
        step: int or int64 scalar, training step.
        sample: int or int64 scalar, index in the batch, 0 or more.

    Returns:
        int64 scalar, from which `purpose_seed` makes seeds.

    Example:
        >>> sample_key(0, 7, 1).shape
        TensorShape([])
    """
    return _hash(_batch_key(seed, step), sample)


def purpose_seed(key, purpose: int) -> tf.Tensor:
    """Return the seed, int64 (2,), for one purpose of the sample that `key` stands for."""
    return tf.stack([key, int(purpose)])


def second_seed(seed) -> tf.Tensor:
    """Return another seed for the same purpose, for draws of a shape of their own."""
    return seed + tf.constant([0, _SECOND], tf.int64)


def uniforms(seed, *shapes: tuple[int, ...]) -> list[tf.Tensor]:
    """Return one float32 tensor for each shape, uniform in [0, 1), all from one draw.

    Args:
        seed: int64 tensor (2,).
        *shapes: shapes of the tensors.

    Returns:
        List of tensors. One operation draws them all, which keeps the graph small: a graph of
        hundreds of draws takes seconds to build.

    Example:
        >>> place, share = uniforms(purpose_seed(sample_key(0, 7, 1), Purpose.PLACE), (3,), ())
        >>> place.shape, share.shape
        (TensorShape([3]), TensorShape([]))
    """
    sizes = [math.prod(shape) for shape in shapes]
    drawn = tf.random.stateless_uniform((sum(sizes),), seed, alg="philox")
    parts = tf.split(drawn, sizes) if len(sizes) > 1 else [drawn]
    return [tf.reshape(part, shape) for part, shape in zip(parts, shapes, strict=True)]


def between(share, low, high) -> tf.Tensor:
    """Take uniform draws from [0, 1) to [low, high)."""
    return low + share * (high - low)


def index(share, count) -> tf.Tensor:
    """Take uniform draws from [0, 1) to the int32 numbers 0 … count - 1."""
    count = tf.cast(count, tf.int32)
    # Rounding in float32 can reach `count` itself.
    return tf.minimum(tf.cast(share * tf.cast(count, tf.float32), tf.int32), count - 1)


def _batch_key(seed, step):
    return _hash(_hash(tf.constant(seed, tf.int64), 0), step)


def _hash(key, number):
    pair = tf.stack([key, tf.cast(number, tf.int64)])
    return tf.random.stateless_uniform(
        (), pair, minval=None, maxval=None, dtype=tf.int64, alg="philox"
    )
