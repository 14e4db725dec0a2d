"""Cross-entropy of regions that may overlap, each with a sigmoid of its own."""

import math
from collections.abc import Sequence

import keras
from keras import ops

from kseg.losses.voxel_loss import VoxelLoss
from kseg.losses.voxels import VoxelLabels, logit_planes, mean_of_kept


@keras.saving.register_keras_serializable("kseg")
class RegionCrossEntropy(VoxelLoss):
    r"""Mean over voxels and regions of the binary cross-entropy of logits.

    Labels stay whole numbers, each region is a set of them, and each has one channel z of logits:
    of the labels 1 (core) and 2 (rim), `regions=[(1, 2), (1,)]` are the whole and the core. For a
    case with V voxels and R regions, :math:`g_{v, r}` telling whether voxel v lies in region r:

    .. math:: L = -\frac{1}{V R} \sum_{v, r} w_r \left( g_{v, r} \log \sigma(z_{v, r})
                  + (1 - g_{v, r}) \log \sigma(-z_{v, r}) \right)

    computed by log-sigmoid, so that the gradient of a voxel that is wrong is alive however large
    the logits are. A region without voxels costs what its false positives cost. Ignored voxels do
    not count; a case that is ignored altogether scores 0. A label that is in no region is
    background; one below 0 or above all labels of the regions makes the loss of its case NaN.

    Args:
        regions: sequence of sequences of labels, one region per channel of the logits.
        region_weights: sequence of one positive number per region, w above. `None`: 1 for all.
        ignore_label: int, a label whose voxels are left out. `None`: none.
        reduction: how Keras joins the cases, `"sum_over_batch_size"` for their mean.
        name: name of the loss.

    Input shape:
        labels (cases, …spatial) or (cases, …spatial, 1) of whole numbers; logits
        (cases, …spatial, regions) of any float type, computed in float32

    Output shape:
        (cases,) before the reduction

    Raises:
        ValueError: if an argument or a shape is not as above.

    Example:
        >>> import numpy as np
        >>> loss = RegionCrossEntropy(regions=[(1, 2), (1,)])
        >>> labels = np.array([[0, 1, 2]])
        >>> logits = np.zeros((1, 3, 2), "float32")
        >>> round(float(loss(labels, logits)), 4)  # log(2)
        0.6931
    """

    def __init__(
        self,
        regions: Sequence[Sequence[int]],
        region_weights: Sequence[float] | None = None,
        ignore_label: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str = "region_cross_entropy",
    ):
        super().__init__(ignore_label, reduction, name, [] if regions is None else regions)
        self.region_weights = _checked_weights(region_weights, len(self.regions))

    def case_losses(self, labels: VoxelLabels, logits):
        """Return the loss of each case, whatever its labels.

        Args:
            labels: `VoxelLabels`.
            logits: tensor of shape (cases, …spatial, regions).

        Returns:
            float32 tensor of shape (cases,).
        """
        weights = self.region_weights or [1.0] * len(self.regions)
        total = 0.0
        for weight, mask, plane in zip(weights, labels.masks, logit_planes(logits), strict=True):
            # -log sigmoid(z) inside the region and -log sigmoid(-z) outside it.
            total = total - weight * ops.log_sigmoid((2.0 * mask - 1.0) * plane)
        total = total if labels.kept is None else total * labels.kept
        return mean_of_kept(total, labels.kept) / len(weights)

    def get_config(self) -> dict:
        """Return the arguments that make an equal loss.

        Returns:
            Dict of plain values.
        """
        return {
            **super().get_config(),
            "regions": self.regions,
            "region_weights": self.region_weights,
        }


def _checked_weights(weights, count: int) -> list[float] | None:
    if weights is None:
        return None
    message = (
        f"`region_weights` must be None or one positive finite number per region ({count}). "
        f"Received: region_weights={weights}"
    )
    try:
        checked = [float(weight) for weight in weights]
    except (TypeError, ValueError) as error:
        raise ValueError(message) from error
    if len(checked) != count or not all(math.isfinite(w) and w > 0 for w in checked):
        raise ValueError(message)
    return checked
