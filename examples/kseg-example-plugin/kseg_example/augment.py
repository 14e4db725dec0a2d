"""A patch with a box of it hidden, so that the network learns to look at what is round it."""

import tensorflow as tf


class HiddenBox:
    """Set a box of the image to its mean; the labels stay.

    A step of augmentation is called with one patch and a seed, and returns the patch. It may use
    TensorFlow's operations alone, since it is traced into a graph, and draws by
    `tf.random.stateless_*` from the seed: so each patch is the same again when a training goes on
    after it was interrupted.

    Args:
        probability: float from 0 to 1, chance of a patch.
        share: float above 0, up to 1, share of each side of the patch that the box takes.

    Reference:
        DeVries and Taylor, Improved Regularization of CNNs with Cutout, 2017, arXiv:1708.04552.
    """

    def __init__(self, probability=0.5, share=0.25):
        if not (0 <= probability <= 1 and 0 < share <= 1):
            raise ValueError(
                "`probability` must be 0 to 1 and `share` above 0 and up to 1. "
                f"Received: probability={probability}, share={share}."
            )
        self.probability = probability
        self.share = share

    def __call__(self, image, labels, seed):
        """Return image and labels.

        Args:
            image: float32 (z, y, x, channels), of a known shape.
            labels: uint8 (z, y, x).
            seed: int64 (2,), another one for each patch.

        Returns:
            Image and labels of the same shapes and types.
        """
        drawn = tf.random.stateless_uniform((4,), seed)
        inside = tf.ones((), tf.bool)
        for axis, size in enumerate(image.shape[:3]):
            extent = max(1, round(self.share * size))
            low = tf.cast(drawn[axis] * (size - extent + 1), tf.int32)
            place = tf.range(size)
            within = (place >= low) & (place < low + extent)
            inside &= tf.reshape(within, [-1 if each == axis else 1 for each in range(4)])
        mean = tf.reduce_mean(image, axis=(0, 1, 2), keepdims=True)
        is_hidden = drawn[3] < self.probability
        return tf.where(inside & is_hidden, mean, image), labels
