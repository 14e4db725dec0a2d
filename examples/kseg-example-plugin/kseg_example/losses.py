"""A Dice loss that is gentle near its optimum."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("kseg_example")
class LogCoshDice(keras.losses.Loss):
    """Logarithm of the hyperbolic cosine of one minus the mean soft Dice of the foreground.

    A class that is absent from the truth scores smooth / (its predicted voxels + smooth).

    Args:
        smooth: float, voxels added above and below the fraction.
        reduction: how Keras joins the cases.
        name: str, name of the loss.

    Input shape:
        integer labels (cases, …spatial); logits (cases, …spatial, classes)

    Output shape:
        (cases,) before the reduction

    Reference:
        Jadon, A survey of loss functions for semantic segmentation, 2020, arXiv:2006.14822.
    """

    def __init__(self, smooth=1.0, reduction="sum_over_batch_size", name="log_cosh_dice"):
        super().__init__(name=name, reduction=reduction, dtype="float32")
        self.smooth = smooth

    def call(self, y_true, y_pred):
        """Return one value a case: what `sample_weight` needs."""
        classes = y_pred.shape[-1]
        probability = ops.softmax(ops.cast(y_pred, "float32"), axis=-1)
        truth = ops.one_hot(ops.cast(y_true, "int32"), classes, dtype="float32")
        voxels = tuple(range(1, len(y_pred.shape) - 1))
        overlap = ops.sum(probability * truth, axis=voxels)
        size = ops.sum(probability, axis=voxels) + ops.sum(truth, axis=voxels)
        dice = (2.0 * overlap + self.smooth) / (size + self.smooth)
        return ops.log(ops.cosh(1.0 - ops.mean(dice[:, 1:], axis=-1)))

    def get_config(self):
        """Return the arguments that make an equal loss."""
        return {**super().get_config(), "smooth": self.smooth}
