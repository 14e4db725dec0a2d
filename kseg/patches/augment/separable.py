"""A linear operation along each axis in turn, given as one small matrix an axis."""

from collections.abc import Callable, Sequence

import tensorflow as tf


def apply_along_axes(voxels, matrices: Sequence[tf.Tensor | None]) -> tf.Tensor:
    """Multiply along z, y and x by a matrix each.

    Args:
        voxels: float32 (z, y, x), one channel.
        matrices: 3 square float32 matrices (extent, extent), or None to leave an axis as it is.

    Returns:
        float32 tensor of the same shape.

    Example:
        >>> swap = tf.constant([[0.0, 1.0], [1.0, 0.0]])
        >>> apply_along_axes(tf.constant([[[1.0, 2.0]]]), (None, None, swap)).numpy().tolist()
        [[[2.0, 1.0]]]
    """
    depth, height, width = voxels.shape
    along_z, along_y, along_x = matrices
    if along_x is not None:
        rows = tf.reshape(voxels, (depth * height, width))
        voxels = tf.reshape(tf.matmul(rows, along_x, transpose_b=True), voxels.shape)
    if along_y is not None:
        voxels = tf.matmul(along_y, voxels)
    if along_z is not None:
        planes = tf.reshape(voxels, (depth, height * width))
        voxels = tf.reshape(tf.matmul(along_z, planes), voxels.shape)
    return voxels


def some_channels(
    image, draws, probability: float, change: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
) -> tf.Tensor:
    """Change each channel with the given probability, independently.

    Args:
        image: float32 (z, y, x, channels), of a known shape.
        draws: float32 (channels, 1 + n), uniform in [0, 1): a channel is changed if its first draw
            lies below `probability`, and `change` gets the others.
        probability: float in [0, 1], for each channel.
        change: function (float32 (z, y, x), float32 (n,)) -> float32 (z, y, x).

    Returns:
        float32 image of the same shape.

    Example:
        >>> image, draws = tf.ones((1, 1, 1, 2)), tf.constant([[0.3, 5.0], [0.7, 5.0]])
        >>> changed = some_channels(image, draws, 0.5, lambda voxels, shares: voxels + shares[0])
        >>> changed.numpy().ravel().tolist()
        [6.0, 1.0]
    """
    channels = []
    for voxels, own in zip(tf.unstack(image, axis=-1), tf.unstack(draws), strict=True):
        changed = tf.cond(
            own[0] < probability,
            lambda voxels=voxels, own=own: change(voxels, own[1:]),
            lambda voxels=voxels: voxels,
        )
        channels.append(changed)
    return tf.stack(channels, axis=-1)
