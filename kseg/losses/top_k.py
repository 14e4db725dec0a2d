"""Cross-entropy of the voxels that are hardest."""

from collections.abc import Sequence

import keras
from keras import ops

from kseg.losses.cross_entropy import WeightedCrossEntropy


@keras.saving.register_keras_serializable("kseg")
class TopKCrossEntropy(WeightedCrossEntropy):
    """Mean of the largest share of the voxel losses of each case.

    The voxel losses are those of `WeightedCrossEntropy`, with their weights. Of a case with n
    voxels that are not ignored the floor(`share` * n) largest count, at least one; the others have
    no gradient. nnU-Net's TopK10 is `share=0.1`, there over the batch as a whole. With `share=1`
    it is `WeightedCrossEntropy`. A class without voxels adds nothing; a case that is ignored
    altogether scores 0; a label that is no class of the logits makes the loss of its case NaN.

    Args:
        share: float above 0 and up to 1, the share of the voxels of a case that count.
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
        >>> labels = np.array([[0, 0]])
        >>> logits = np.array([[[0, 0], [9, 0]]], "float32")
        >>> round(float(TopKCrossEntropy(share=0.5)(labels, logits)), 4)  # log(2), the first voxel
        0.6931

    Reference:
        Wu et al., Bridging category-level and instance-level semantic image segmentation, 2016,
        arXiv:1605.06885, section 3.1 (online bootstrapping).
    """

    def __init__(
        self,
        share: float = 0.1,
        class_weights: str | Sequence[float] | None = None,
        ignore_label: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str = "top_k_cross_entropy",
    ):
        super().__init__(class_weights, ignore_label, reduction, name)
        if not 0 < share <= 1:
            raise ValueError(f"`share` must be above 0 and at most 1. Received: share={share}")
        self.share = float(share)

    def _join(self, voxel_losses, kept):
        length = ops.shape(voxel_losses)[1]
        if isinstance(length, int):
            most = max(int(self.share * length), 1)
        else:
            most = ops.maximum(ops.cast(self.share * ops.cast(length, "float32"), "int32"), 1)
        if kept is None:
            return ops.mean(ops.top_k(voxel_losses, most, sorted=False)[0], axis=1)
        # Ignored voxels cost 0, and no voxel costs less: among the largest they change nothing.
        hardest = ops.top_k(voxel_losses, most)[0]
        voxels = ops.sum(kept, axis=1)
        count = ops.minimum(ops.maximum(ops.floor(self.share * voxels), 1.0), voxels)
        ranks = ops.cast(ops.arange(ops.shape(hardest)[1]), "float32")
        chosen = ops.cast(ranks[None, :] < count[:, None], "float32")
        return ops.sum(chosen * hardest, axis=1) / ops.maximum(count, 1.0)

    def get_config(self) -> dict:
        """Return the arguments that make an equal loss.

        Returns:
            Dict of plain values.
        """
        return {**super().get_config(), "share": self.share}
