"""Cross-entropy over voxels with class weights and an ignore label."""

from collections.abc import Sequence

import keras
from keras import ops

from kseg.losses.class_weights import standardize_class_weights
from kseg.losses.voxel_loss import VoxelLoss
from kseg.losses.voxels import ClassPlanes, VoxelLabels, class_planes, mean_of_kept


@keras.saving.register_keras_serializable("kseg")
class WeightedCrossEntropy(VoxelLoss):
    r"""Mean over the voxels of a case of the weighted softmax cross-entropy.

    For a case with voxels :math:`v = 1 … V`, labels :math:`y_v` and probabilities
    :math:`p = \mathrm{softmax}(\mathrm{logits})`:

    .. math:: L = -\frac{1}{V} \sum_v w_{y_v} \log p_{v, y_v}

    The sum is divided by the number of voxels, not by the sum of their weights (as PyTorch's
    `weight=` does): doubling all weights doubles the loss. Ignored voxels count in neither; a case
    that is ignored altogether scores 0. A class without voxels adds nothing. A label that is no
    class of the logits makes the loss of its case NaN.

    Args:
        class_weights: `None` for equal weights of 1; a sequence of one weight per class, background
            first; or `"batch"`: class k weighs 1 minus its share of the voxels of the batch (of
            the replica's batch when several devices share the work), between 0 and 1. Of two
            classes the background thus weighs the share of the foreground. The same rule over a
            whole data set gives a sequence: see `measured_class_weights`.
        ignore_label: int, a label whose voxels are left out. `None`: none.
        reduction: how Keras joins the cases, `"sum_over_batch_size"` for their mean.
        name: name of the loss.

    Input shape:
        labels (cases, …spatial) or (cases, …spatial, 1) of whole numbers; logits
        (cases, …spatial, classes) of any float type, computed in float32

    Output shape:
        (cases,) before the reduction

    Raises:
        ValueError: if the weights are not positive numbers, one per class, or shapes do not fit.

    Example:
        >>> import numpy as np
        >>> loss = WeightedCrossEntropy(class_weights=[1.0, 3.0])
        >>> labels = np.array([[0, 1]])
        >>> logits = np.zeros((1, 2, 2), "float32")
        >>> round(float(loss(labels, logits)), 4)  # (1 + 3) / 2 * log(2)
        1.3863
    """

    def __init__(
        self,
        class_weights: str | Sequence[float] | None = None,
        ignore_label: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str = "cross_entropy",
    ):
        super().__init__(ignore_label, reduction, name)
        self.class_weights = standardize_class_weights(class_weights)

    def case_losses(self, labels: VoxelLabels, logits):
        """Return the loss of each case, whatever its labels.

        Args:
            labels: `VoxelLabels`.
            logits: tensor of shape (cases, …spatial, classes).

        Returns:
            float32 tensor of shape (cases,).
        """
        return self._join(self._voxel_losses(labels.masks, class_planes(logits)), labels.kept)

    def _voxel_losses(self, masks: list, planes: ClassPlanes):
        """Return the loss of each voxel, 0 where it is ignored, of shape (cases, voxels)."""
        weight_map, label_logit = 0.0, 0.0
        for weight, mask, plane in zip(self._weights(masks), masks, planes.shifted, strict=True):
            weight_map = weight_map + weight * mask
            label_logit = label_logit + mask * plane
        return weight_map * (ops.log(planes.total) - label_logit)

    def _join(self, voxel_losses, kept):
        """Return the loss of each case from those of its voxels."""
        return mean_of_kept(voxel_losses, kept)

    def _weights(self, masks: list) -> list:
        if self.class_weights is None:
            return [1.0] * len(masks)
        if self.class_weights == "batch":
            counts = [ops.sum(mask) for mask in masks]
            voxels = ops.maximum(sum(counts), 1.0)
            return [1.0 - count / voxels for count in counts]
        if len(self.class_weights) != len(masks):
            raise ValueError(
                "`class_weights` must hold one weight per class of the logits "
                f"({len(masks)}). Received: class_weights={self.class_weights}"
            )
        return self.class_weights

    def get_config(self) -> dict:
        """Return the arguments that make an equal loss.

        Returns:
            Dict of plain values.
        """
        return {**super().get_config(), "class_weights": self.class_weights}
