"""Cut a box out of a volume, with zeros where the box reaches beyond it."""

import tensorflow as tf


def read_box(volumes, case, shape_zyx, low_zyx, size_zyx) -> tuple[tf.Tensor, tf.Tensor]:
    """Read a box of a case; voxels outside the volume are 0 in the image and in the labels.

    Args:
        volumes: a backend: `channels`, and `read(case, begin_zyx, size_zyx)` for a box inside.
        case: int32 scalar, index of the case.
        shape_zyx: int32 (3,), the case's extent in voxels.
        low_zyx: int32 (3,), first voxel of the box; may be negative.
        size_zyx: int32 (3,), extent of the box in voxels. The box must meet the volume.

    Returns:
        float32 image (z, y, x, channels) and uint8 labels (z, y, x), both of `size_zyx`.
    """
    high_zyx = low_zyx + size_zyx
    begin = tf.maximum(low_zyx, 0)
    end = tf.minimum(high_zyx, shape_zyx)
    image, labels = volumes.read(case, begin, end - begin)
    margins = tf.stack([begin - low_zyx, high_zyx - end], axis=1)
    image = tf.pad(tf.cast(image, tf.float32), tf.concat([margins, [[0, 0]]], axis=0))
    image = tf.ensure_shape(image, (None, None, None, volumes.channels))
    return image, tf.pad(labels, margins)
