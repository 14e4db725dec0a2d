"""Soft Dice loss, per case or over the batch."""

import math

import keras
from keras import ops

from kseg.losses.voxels import (
    blank_where_outside,
    check_ignore_label,
    class_planes,
    voxel_labels,
)

# Below this, float32 sums of probabilities could divide by numbers whose inverse overflows.
_SMALLEST_SMOOTH = 1e-8


@keras.saving.register_keras_serializable("kseg")
class SoftDice(keras.losses.Loss):
    r"""One minus the mean over the classes of the soft Dice coefficient.

    With :math:`p = \mathrm{softmax}(\mathrm{logits})` and :math:`g` the one-hot truth, each class
    scores

    .. math:: D = \frac{2 \sum_v p_v g_v + s}{\sum_v p_v + \sum_v g_v + s}

    A class that the truth does not hold scores :math:`s / (\sum_v p_v + s)`: 1 when the network
    gives it no probability, near 0 when it gives it many voxels' worth. With a small `smooth` an
    absent class therefore costs almost a full point for a fraction of a voxel; with 1, the default,
    one voxel costs half a point. The loss and its gradient stay finite for any finite logits.
    A label that is no class of the logits makes the loss of its case NaN.

    Args:
        per: `"case"`, sums over the voxels of each case; or `"batch"`, sums over all voxels of the
            batch (of the replica's batch when several devices share the work), so that every case
            gets the same value.
        background: bool, whether class 0 counts among the classes.
        smooth: float of 1e-8 or more, the term s, in voxels.
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
    ):
        super().__init__(name=name, reduction=reduction, dtype="float32")
        if per not in ("case", "batch"):
            raise ValueError(f'`per` must be "case" or "batch". Received: per={per}')
        if not (math.isfinite(smooth) and smooth >= _SMALLEST_SMOOTH):
            raise ValueError(
                f"`smooth` must be a finite number of {_SMALLEST_SMOOTH} or more. "
                f"Received: smooth={smooth}"
            )
        self.per = per
        self.background = bool(background)
        self.smooth = float(smooth)
        self.ignore_label = check_ignore_label(ignore_label)

    def call(self, y_true, y_pred):
        """Return the loss of each case.

        Args:
            y_true: labels, see the class.
            y_pred: logits, see the class.

        Returns:
            float32 tensor of shape (cases,).
        """
        labels = voxel_labels(y_true, y_pred, self.ignore_label)
        planes = class_planes(y_pred)
        inverse_total = self._kept(labels.masks) / planes.total
        first = 0 if self.background else 1
        scores = [
            self._score(exponential * inverse_total, mask)
            for exponential, mask in zip(
                planes.exponentials[first:], labels.masks[first:], strict=True
            )
        ]
        losses = 1.0 - sum(scores) / len(scores)
        return blank_where_outside(losses, labels.outside)

    def _kept(self, masks: list):
        return 1.0 if self.ignore_label is None else sum(masks)

    def _score(self, probability, mask):
        overlap = ops.sum(probability * mask, axis=1)
        size = ops.sum(probability, axis=1) + ops.sum(mask, axis=1)
        if self.per == "batch":
            # Kept as (cases,) by adding zeros: every case carries the pooled value.
            pooled_overlap, pooled_size = ops.sum(overlap), ops.sum(size)
            overlap = ops.zeros_like(overlap) + pooled_overlap
            size = ops.zeros_like(size) + pooled_size
        return (2.0 * overlap + self.smooth) / (size + self.smooth)

    def get_config(self) -> dict:
        """Return the arguments that make an equal loss.

        Returns:
            Dict of plain values.
        """
        return {
            **super().get_config(),
            "per": self.per,
            "background": self.background,
            "smooth": self.smooth,
            "ignore_label": self.ignore_label,
        }
