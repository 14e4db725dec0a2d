"""Hard Dice per case and label, averaged."""

from collections.abc import Sequence

import keras
from keras import ops


@keras.saving.register_keras_serializable("kseg")
class CaseDice(keras.metrics.Metric):
    """Mean over pairs of case and label of the Dice coefficient of the predicted label map.

    The predicted label of a voxel is the class of its largest logit (the first of equals). A pair
    scores 2 |P ∩ T| / (|P| + |T|): 0 if just one of the two is empty, and it is left out, as blank,
    if the label is absent from truth and prediction. A case here is one sample of the batch: on
    patches the value is no Dice of whole scans, hence the default name. With no pair at all the
    result is NaN.

    Args:
        labels: ints, the labels that count. `None`: every class but the background, 0.
        ignore_label: int, a label of the truth whose voxels are left out. `None`: none.
        name: name under which the value is logged.
        dtype: as in every Keras metric.

    Input shape:
        labels (cases, …spatial) or (cases, …spatial, 1) of whole numbers; logits
        (cases, …spatial, classes); `sample_weight` (cases,)

    Raises:
        ValueError: if `labels` is empty, or `labels` or `ignore_label` are not whole numbers.

    Example:
        >>> import numpy as np
        >>> metric = CaseDice()
        >>> truth = np.array([[0, 1, 1, 1], [0, 0, 0, 0]])
        >>> predicted = np.array([[0, 0, 1, 1], [0, 0, 0, 0]])
        >>> metric.update_state(truth, np.eye(2)[predicted])
        >>> round(float(metric.result()), 4)  # 2 * 2 / (2 + 3); the empty case is blank
        0.8
    """

    def __init__(
        self,
        labels: Sequence[int] | None = None,
        ignore_label: int | None = None,
        name: str = "patch_dice",
        dtype=None,
    ):
        super().__init__(name=name, dtype=dtype)
        if labels is not None:
            labels = tuple(labels)
            if not labels or not all(isinstance(k, int) and k >= 0 for k in labels):
                raise ValueError(
                    f"`labels` must be None or ints of 0 or more. Received: labels={labels}"
                )
        if not (ignore_label is None or isinstance(ignore_label, int)):
            raise ValueError(
                f"`ignore_label` must be an int or None. Received: ignore_label={ignore_label}"
            )
        self.labels = labels
        self.ignore_label = ignore_label
        # Read by Keras' callbacks for `mode="auto"`.
        self._direction = "up"
        self.total = self.add_variable((), initializer="zeros", dtype="float32", name="total")
        self.pairs = self.add_variable((), initializer="zeros", dtype="float32", name="pairs")

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        """Add the pairs of one batch.

        Args:
            y_true: labels, see the class.
            y_pred: logits, see the class.
            sample_weight: weight of each case, or `None`.
        """
        cases = ops.shape(y_pred)[0]
        truth = ops.reshape(ops.cast(y_true, "float32"), (cases, -1))
        predicted = _largest_class(ops.cast(y_pred, "float32"))
        if self.ignore_label is not None:
            ignored = ops.equal(truth, float(self.ignore_label))
            # -1 equals no label, so that the voxel is in no mask of either map.
            truth = ops.where(ignored, -1.0, truth)
            predicted = ops.where(ignored, -1.0, predicted)
        weight = 1.0
        if sample_weight is not None:
            weight = ops.reshape(ops.cast(sample_weight, "float32"), (cases,))
        labels = range(1, y_pred.shape[-1]) if self.labels is None else self.labels
        pairs = [_pair(truth, predicted, float(label)) for label in labels]
        self.total.assign_add(ops.sum(weight * sum(score for score, _ in pairs)))
        self.pairs.assign_add(ops.sum(weight * sum(exists for _, exists in pairs)))

    def result(self):
        """Return the mean over all pairs so far.

        Returns:
            float32 scalar; NaN while there is no pair.
        """
        total, pairs = ops.convert_to_tensor(self.total), ops.convert_to_tensor(self.pairs)
        some = ops.greater(pairs, 0.0)
        return ops.where(some, total / ops.where(some, pairs, 1.0), float("nan"))

    def reset_state(self) -> None:
        """Forget all pairs."""
        self.total.assign(0.0)
        self.pairs.assign(0.0)

    def get_config(self) -> dict:
        """Return the arguments that make an equal metric.

        Returns:
            Dict of plain values.
        """
        labels = None if self.labels is None else list(self.labels)
        return {**super().get_config(), "labels": labels, "ignore_label": self.ignore_label}


def _largest_class(logits):
    # One plane per class: an argmax over a last axis of a few numbers costs four times as much.
    flat = ops.reshape(logits, (ops.shape(logits)[0], -1, logits.shape[-1]))
    largest, *others = ops.unstack(ops.transpose(flat, (2, 0, 1)), axis=0)
    label = ops.zeros_like(largest)
    for k, plane in enumerate(others, start=1):
        label = ops.where(ops.greater(plane, largest), float(k), label)
        largest = ops.maximum(largest, plane)
    return label


def _pair(truth, predicted, label: float):
    in_truth = ops.cast(ops.equal(truth, label), "float32")
    in_prediction = ops.cast(ops.equal(predicted, label), "float32")
    overlap = ops.sum(in_truth * in_prediction, axis=1)
    size = ops.sum(in_truth, axis=1) + ops.sum(in_prediction, axis=1)
    exists = ops.cast(ops.greater(size, 0.0), "float32")
    return 2.0 * overlap / ops.maximum(size, 1.0), exists
