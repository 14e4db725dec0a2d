"""Soft Dice loss, per case or over the batch."""

from collections.abc import Sequence

import keras

from kseg.losses.overlap import OverlapLoss
from kseg.losses.voxels import VoxelLabels


@keras.saving.register_keras_serializable("kseg")
class SoftDice(OverlapLoss):
    r"""One minus the mean over the classes of the soft Dice coefficient.

    With :math:`p = \mathrm{softmax}(\mathrm{logits})` and :math:`g` the one-hot truth, each class
    scores

    .. math:: D = \frac{2 \sum_v p_v g_v + s}{\sum_v p_v + \sum_v g_v + s}

    A class or region that the truth does not hold scores :math:`s / (\sum_v p_v + s)`: 1 when the
    network gives it no probability, near 0 when it gives it many voxels' worth. With a small
    `smooth` an absent class therefore costs almost a full point for a fraction of a voxel; with 1,
    the default, one voxel costs half a point. The loss and its gradient stay finite for any finite
    logits. A case that is ignored altogether costs 0. A label that is no class of the logits, or
    above all labels of the regions, makes the loss of its case NaN.

    Args:
        per: `"case"`, sums over the voxels of each case; or `"batch"`, sums over all voxels of the
            batch (of the replica's batch when several devices share the work), so that every case
            gets the same value.
        background: bool, whether class 0 counts among the classes.
        smooth: float of 1e-8 or more, the term s, in voxels.
        ignore_label: int, a label whose voxels are left out. `None`: none.
        regions: sequence of sequences of labels, one region per channel of the logits; regions may
            overlap, and p is the sigmoid of the logits. `None`: softmax of classes.
        reduction: how Keras joins the cases, `"sum_over_batch_size"` for their mean.
        name: name of the loss.

    Input shape:
        labels (cases, …spatial) or (cases, …spatial, 1) of whole numbers; logits
        (cases, …spatial, classes or regions) of any float type, computed in float32

    Output shape:
        (cases,) before the reduction

    Raises:
        ValueError: if an argument or a shape is not as above.

    Example:
        >>> import numpy as np
        >>> labels = np.array([[0, 0, 1, 1]])
        >>> logits = np.zeros((1, 4, 2), "float32")
        >>> round(float(SoftDice()(labels, logits)), 4)  # 1 - (2 * 1 + 1) / (2 + 2 + 1)
        0.4

    Reference:
        Milletari et al., V-Net, 3DV 2016, arXiv:1606.04797, section 3 (there with squares).
    """

    def __init__(
        self,
        per: str = "case",
        background: bool = False,
        smooth: float = 1.0,
        ignore_label: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str = "soft_dice",
        *,
        regions: Sequence[Sequence[int]] | None = None,
    ):
        super().__init__(per, background, smooth, ignore_label, regions, reduction, name)

    def case_losses(self, labels: VoxelLabels, logits):
        """Return the loss of each case, whatever its labels.

        Args:
            labels: `VoxelLabels`.
            logits: tensor of shape (cases, …spatial, channels).

        Returns:
            float32 tensor of shape (cases,).
        """
        scores = [
            (2.0 * overlap + self.smooth) / (predicted + true + self.smooth)
            for overlap, predicted, true in self.class_sums(labels, logits)
        ]
        return 1.0 - sum(scores) / len(scores)
