"""Focal cross-entropy: voxels that are already right count less."""

import math
from collections.abc import Sequence

import keras
from keras import ops

from kseg.losses.cross_entropy import WeightedCrossEntropy
from kseg.losses.voxels import ClassPlanes

# Smallest probability of being wrong that is told from zero: its logarithm stays finite.
_SMALLEST = 1e-30


@keras.saving.register_keras_serializable("kseg")
class FocalCrossEntropy(WeightedCrossEntropy):
    r"""Mean over the voxels of a case of the focal cross-entropy.

    For a case with voxels :math:`v = 1 … V`, labels :math:`y_v` and probabilities
    :math:`p = \mathrm{softmax}(\mathrm{logits})`:

    .. math:: L = -\frac{1}{V} \sum_v w_{y_v} (1 - p_{v, y_v})^\gamma \log p_{v, y_v}

    The class weights take the place of Lin's alpha. With `gamma=0` it is `WeightedCrossEntropy`.
    Both factors come from the logits by log-softmax, so that the gradient of a voxel that is wrong
    is alive however large the logits are. As there the sum is divided by the number of voxels; a
    class without voxels adds nothing; a case that is ignored altogether scores 0; a label that is
    no class of the logits makes the loss of its case NaN.

    Args:
        gamma: float of 0 or more; the larger, the less a voxel counts that is nearly right.
        class_weights: `None` for equal weights of 1, a sequence of one weight per class, or
            `"batch"`, as in `WeightedCrossEntropy`.
        ignore_label: int, a label whose voxels are left out. `None`: none.
        reduction: how Keras joins the cases, `"sum_over_batch_size"` for their mean.
        name: name of the loss.

    Input shape:
        labels (cases, …spatial) or (cases, …spatial, 1) of whole numbers; logits
        (cases, …spatial, classes) of any float type, computed in float32

    Output shape:
        (cases,) before the reduction

    Raises:
        ValueError: if an argument or a shape is not as above.

    Example:
        >>> import numpy as np
        >>> labels = np.array([[0, 1]])
        >>> logits = np.zeros((1, 2, 2), "float32")
        >>> round(float(FocalCrossEntropy(gamma=2)(labels, logits)), 4)  # (1 / 2)^2 * log(2)
        0.1733

    Reference:
        Lin et al., Focal loss for dense object detection, ICCV 2017, arXiv:1708.02002.
    """

    def __init__(
        self,
        gamma: float = 2.0,
        class_weights: str | Sequence[float] | None = None,
        ignore_label: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str = "focal_cross_entropy",
    ):
        super().__init__(class_weights, ignore_label, reduction, name)
        if not (math.isfinite(gamma) and gamma >= 0):
            raise ValueError(
                f"`gamma` must be a finite number of 0 or more. Received: gamma={gamma}"
            )
        self.gamma = float(gamma)

    def _voxel_losses(self, masks: list, planes: ClassPlanes):
        losses = super()._voxel_losses(masks, planes)
        if self.gamma == 0:
            return losses
        # Summed over the other classes: 1 - p would be all rounding where p is nearly 1.
        others = 0.0
        for mask, exponential in zip(masks, planes.exponentials, strict=True):
            others = others + (1.0 - mask) * exponential
        log_wrong = ops.log(ops.maximum(others, _SMALLEST)) - ops.log(planes.total)
        return losses * ops.exp(self.gamma * log_wrong)

    def get_config(self) -> dict:
        """Return the arguments that make an equal loss.

        Returns:
            Dict of plain values.
        """
        return {**super().get_config(), "gamma": self.gamma}
