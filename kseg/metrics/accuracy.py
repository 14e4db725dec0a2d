"""Share of voxels that are labelled right."""

import keras
from keras import ops

from kseg.metrics.label_maps import check_ignore_label, flat_labels, largest_class


@keras.saving.register_keras_serializable("kseg")
class VoxelAccuracy(keras.metrics.Metric):
    r"""Share of the voxels whose largest logit is that of their label, pooled over all cases.

    .. math:: \mathrm{accuracy} = \frac{\sum_v w_v \, [\arg\max_k z_{v, k} = y_v]}{\sum_v w_v}

    The sums run over every voxel of every case seen, so that a large case counts more than a small
    one: where most voxels are background, a network that finds nothing else already scores high
    (`CaseDice` does not have that flaw). On images with one label each it is the usual accuracy.
    Of equal logits the first counts. With no voxel at all the result is NaN.

    Args:
        ignore_label: int, a label of the truth whose voxels are left out. `None`: none.
        name: name under which the value is logged.
        dtype: as in every Keras metric.

    Input shape:
        labels (cases, …spatial) or (cases, …spatial, 1) of whole numbers; logits
        (cases, …spatial, classes); `sample_weight` (cases,), or one weight a voxel in the shape of
        the labels

    Raises:
        ValueError: if `ignore_label` is no int, or labels and logits have another number of voxels.

    Example:
        >>> import numpy as np
        >>> metric = VoxelAccuracy()
        >>> truth = np.array([[0, 1, 1, 1]])
        >>> metric.update_state(truth, np.eye(2)[[[0, 0, 1, 1]]])
        >>> float(metric.result())
        0.75
    """

    def __init__(
        self,
        ignore_label: int | None = None,
        name: str = "voxel_accuracy",
        dtype=None,
    ):
        super().__init__(name=name, dtype=dtype)
        self.ignore_label = check_ignore_label(ignore_label)
        # Read by Keras' callbacks for `mode="auto"`.
        self._direction = "up"
        self.right = self.add_variable((), initializer="zeros", dtype="float32", name="right")
        self.voxels = self.add_variable((), initializer="zeros", dtype="float32", name="voxels")

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Add the voxels of one batch.

        Args:
            y_true: labels, see the class.
            y_pred: logits, see the class.
            sample_weight: weight of each case or voxel, or `None`.
        """
        cases = ops.shape(y_pred)[0]
        truth = flat_labels(y_true, cases)
        predicted = largest_class(y_pred)
        _check_voxels(truth.shape[1], predicted.shape[1])
        weight = ops.ones_like(truth)
        if sample_weight is not None:
            weight = weight * ops.reshape(ops.cast(sample_weight, "float32"), (cases, -1))
        if self.ignore_label is not None:
            kept = ops.not_equal(truth, float(self.ignore_label))
            weight = weight * ops.cast(kept, "float32")
        right = ops.cast(ops.equal(truth, predicted), "float32")
        self.right.assign_add(ops.sum(weight * right))
        self.voxels.assign_add(ops.sum(weight))

    def result(self):
        """Return the share of all voxels so far.

        Returns:
            float32 scalar from 0 to 1; NaN while there is no voxel.
        """
        right, voxels = ops.convert_to_tensor(self.right), ops.convert_to_tensor(self.voxels)
        some = ops.greater(voxels, 0.0)
        return ops.where(some, right / ops.where(some, voxels, 1.0), float("nan"))

    def reset_state(self) -> None:
        """Forget all voxels."""
        self.right.assign(0.0)
        self.voxels.assign(0.0)

    def get_config(self) -> dict:
        """Return the arguments that make an equal metric.

        Returns:
            Dict of plain values.
        """
        return {**super().get_config(), "ignore_label": self.ignore_label}


def _check_voxels(of_labels: int | None, of_logits: int | None) -> None:
    # One voxel would be spread over all of the other map, and count each time.
    if None not in (of_labels, of_logits) and of_labels != of_logits:
        raise ValueError(
            "Labels must be whole numbers on the grid of the logits, not one-hot. "
            f"Received: {of_labels} labels and {of_logits} voxels of logits a case."
        )
