"""What the losses of overlap share: their sums over voxels, per case or over the batch."""

import math
from collections.abc import Sequence

from keras import ops

from kseg.losses.voxel_loss import VoxelLoss
from kseg.losses.voxels import VoxelLabels, class_planes, logit_planes

# Below this, float32 sums of probabilities could divide by numbers whose inverse overflows.
_SMALLEST_SMOOTH = 1e-8


class OverlapLoss(VoxelLoss):
    """Base of the losses that compare predicted and true regions class by class.

    Args:
        per: `"case"` or `"batch"`, what the sums over voxels run over.
        background: bool, whether class 0 counts among the classes.
        smooth: float of 1e-8 or more, in voxels.
        ignore_label: int, a label whose voxels are left out. `None`: none.
        regions: sequence of sequences of labels, one per channel. `None`: softmax of classes.
        reduction: how Keras joins the cases.
        name: name of the loss.

    Raises:
        ValueError: if an argument is not as above, or a background is asked for with regions.
    """

    def __init__(
        self,
        per: str,
        background: bool,
        smooth: float,
        ignore_label: int | None,
        regions: Sequence[Sequence[int]] | None,
        reduction: str | None,
        name: str,
    ):
        super().__init__(ignore_label, reduction, name, regions)
        if per not in ("case", "batch"):
            raise ValueError(f'`per` must be "case" or "batch". Received: per={per}')
        if not (math.isfinite(smooth) and smooth >= _SMALLEST_SMOOTH):
            raise ValueError(
                f"`smooth` must be a finite number of {_SMALLEST_SMOOTH} or more. "
                f"Received: smooth={smooth}"
            )
        if background and regions is not None:
            raise ValueError(
                "`background` must be False with `regions`: they have no channel of background. "
                f"Received: background={background}"
            )
        self.per = per
        self.background = bool(background)
        self.smooth = float(smooth)

    def class_sums(self, labels: VoxelLabels, logits) -> list[tuple]:
        """Sum up each class that counts, or each region.

        Args:
            labels: `VoxelLabels`.
            logits: tensor of shape (cases, …spatial, channels).

        Returns:
            List of (overlap, predicted, true), each a tensor of shape (cases,), in voxels: the
            probability inside the truth, all probability, and the size of the truth.
        """
        first = 0 if self.background or self.regions is not None else 1
        probabilities = self._probabilities(logits, labels.kept)[first:]
        pairs = zip(probabilities, labels.masks[first:], strict=True)
        return [tuple(map(self._total, (p * mask, p, mask))) for p, mask in pairs]

    def _probabilities(self, logits, kept) -> list:
        if self.regions is None:
            planes = class_planes(logits)
            share = (1.0 if kept is None else kept) / planes.total
            return [exponential * share for exponential in planes.exponentials]
        probabilities = [ops.sigmoid(plane) for plane in logit_planes(logits)]
        return probabilities if kept is None else [p * kept for p in probabilities]

    def _total(self, plane):
        total = ops.sum(plane, axis=1)
        if self.per == "case":
            return total
        # Kept as (cases,) by adding zeros: every case carries the pooled value.
        return ops.zeros_like(total) + ops.sum(total)

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
            "regions": self.regions,
        }
