"""Tversky loss, and its focal form: misses and false alarms weigh differently."""

import math
from collections.abc import Sequence

import keras
from keras import ops

from kseg.losses.overlap import OverlapLoss
from kseg.losses.voxels import VoxelLabels

# A root has no slope at zero: below this a class is as good as perfect and is left in peace.
_SMALLEST_MISS = 1e-7


@keras.saving.register_keras_serializable("kseg")
class Tversky(OverlapLoss):
    r"""Mean over the classes of one minus the Tversky index, to the power of 1 / `gamma`.

    With :math:`p = \mathrm{softmax}(\mathrm{logits})`, :math:`g` the one-hot truth, the false
    positives :math:`F_+ = \sum_v p_v (1 - g_v)` and the false negatives
    :math:`F_- = \sum_v (1 - p_v) g_v`, each class scores

    .. math:: T = \frac{2 \sum_v p_v g_v + s}
                       {2 \sum_v p_v g_v + 2 \alpha F_+ + 2 \beta F_- + s}

    and costs :math:`(1 - T)^{1 / \gamma}`. `alpha` weighs false positives and `beta` false
    negatives, as in the paper; `keras.losses.Tversky` has them swapped in Keras 3.15.1. The factors
    of 2 make `alpha=beta=0.5` with `gamma=1` equal to `SoftDice` with the same `smooth`.

    A class or region that the truth does not hold has :math:`T = s / (2 \alpha \sum_v p_v + s)`:
    it costs nothing when the network gives it no probability. With a `gamma` other than 1, a class
    whose 1 - T is below 1e-7 costs 1e-7 to that power and has no gradient. A case that is ignored
    altogether has T = 1. A label that is no class of the logits, or above all labels of the
    regions, makes the loss of its case NaN.

    Args:
        alpha: float of 0 or more, weight of false positives.
        beta: float of 0 or more, weight of false negatives; not 0 together with `alpha`.
        per: `"case"`, sums over the voxels of each case; or `"batch"`, sums over all voxels of the
            batch (of the replica's batch when several devices share the work), so that every case
            gets the same value.
        background: bool, whether class 0 counts among the classes.
        smooth: float of 1e-8 or more, the term s, in voxels.
        ignore_label: int, a label whose voxels are left out. `None`: none.
        gamma: positive float; above 1 it makes classes that are nearly right count more, 4 / 3 in
            the paper of the focal Tversky loss.
        reduction: how Keras joins the cases, `"sum_over_batch_size"` for their mean.
        name: name of the loss.
        regions: sequence of sequences of labels, one region per channel of the logits; regions may
            overlap, and p is the sigmoid of the logits. `None`: softmax of classes.

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
        >>> loss = Tversky(alpha=0.3, beta=0.7, smooth=1.0)
        >>> round(float(loss(labels, logits)), 4)  # 1 - (2 + 1) / (2 + 0.6 + 1.4 + 1)
        0.4

    Reference:
        Salehi et al., Tversky loss function, MLMI 2017, arXiv:1706.05721; Abraham and Khan, A novel
        focal Tversky loss function, ISBI 2019, arXiv:1810.07842 (there a sum over the classes).
    """

    def __init__(
        self,
        alpha: float = 0.3,
        beta: float = 0.7,
        per: str = "case",
        background: bool = False,
        smooth: float = 1.0,
        ignore_label: int | None = None,
        gamma: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "tversky",
        *,
        regions: Sequence[Sequence[int]] | None = None,
    ):
        super().__init__(per, background, smooth, ignore_label, regions, reduction, name)
        finite = math.isfinite(alpha) and math.isfinite(beta)
        if not (finite and min(alpha, beta) >= 0 and alpha + beta > 0):
            raise ValueError(
                "`alpha` and `beta` must be finite numbers of 0 or more, not both 0. "
                f"Received: alpha={alpha}, beta={beta}"
            )
        if not (math.isfinite(gamma) and gamma > 0):
            raise ValueError(f"`gamma` must be a positive number. Received: gamma={gamma}")
        self.alpha = float(alpha)
        self.beta = float(beta)
        self.gamma = float(gamma)

    def case_losses(self, labels: VoxelLabels, logits):
        """Return the loss of each case, whatever its labels.

        Args:
            labels: `VoxelLabels`.
            logits: tensor of shape (cases, …spatial, channels).

        Returns:
            float32 tensor of shape (cases,).
        """
        misses = [self._miss(*sums) for sums in self.class_sums(labels, logits)]
        if self.gamma != 1:
            misses = [ops.maximum(miss, _SMALLEST_MISS) ** (1 / self.gamma) for miss in misses]
        return sum(misses) / len(misses)

    def _miss(self, overlap, predicted, true):
        wrong = self.alpha * (predicted - overlap) + self.beta * (true - overlap)
        # 1 - T in one fraction: the difference would be all rounding where T is nearly 1.
        return 2.0 * wrong / (2.0 * overlap + 2.0 * wrong + self.smooth)

    def get_config(self) -> dict:
        """Return the arguments that make an equal loss.

        Returns:
            Dict of plain values.
        """
        return {
            **super().get_config(),
            "alpha": self.alpha,
            "beta": self.beta,
            "gamma": self.gamma,
        }
