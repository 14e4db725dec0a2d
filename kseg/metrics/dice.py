"""Hard Dice per case and label, averaged."""

from collections.abc import Sequence

import keras
from keras import ops

from kseg.metrics.label_maps import (
    IGNORED,
    check_ignore_label,
    check_labels,
    flat_labels,
    largest_class,
    logit_planes,
)


@keras.saving.register_keras_serializable("kseg")
class CaseDice(keras.metrics.Metric):
    """Mean over pairs of case and label of the Dice coefficient of the predicted label map.

    The predicted label of a voxel is the class of its largest logit (the first of equals). With
    `regions` every channel is a region of its own, which may overlap others: predicted are the
    voxels whose logit is above 0 (a sigmoid above one half), true are those whose label is one of
    the region's. A pair scores 2 |P ∩ T| / (|P| + |T|): 0 if just one of the two is empty, and it
    is left out, as blank, if the label is absent from truth and prediction. A case here is one
    sample of the batch: on patches the value is no Dice of whole scans, hence the default name.
    With no pair at all the result is NaN.

    Args:
        labels: ints, the labels that count. `None`: every class but the background, 0.
        ignore_label: int, a label of the truth whose voxels are left out. `None`: none.
        name: name under which the value is logged.
        dtype: as in every Keras metric.
        regions: sequence of sequences of labels, one region per channel of the logits; `labels`
            must be `None` then. `None`: classes that exclude each other.

    Input shape:
        labels (cases, …spatial) or (cases, …spatial, 1) of whole numbers; logits
        (cases, …spatial, classes or regions); `sample_weight` (cases,)

    Raises:
        ValueError: if `labels`, `regions` or one of them is empty, both are given, or they or
            `ignore_label` are not whole numbers.

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
        regions: Sequence[Sequence[int]] | None = None,
    ):
        super().__init__(name=name, dtype=dtype)
        if not (labels is None or regions is None):
            raise ValueError(
                "`labels` must be None with `regions`, which say what counts. "
                f"Received: labels={labels}, regions={regions}."
            )
        self.labels = None if labels is None else check_labels("labels", labels)
        self.regions = None if regions is None else _checked_regions(regions)
        self.ignore_label = check_ignore_label(ignore_label)
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
        truth = flat_labels(y_true, cases)
        weight = 1.0
        if sample_weight is not None:
            weight = ops.reshape(ops.cast(sample_weight, "float32"), (cases,))
        masks = self._class_masks if self.regions is None else self._region_masks
        pairs = [_pair(*both) for both in masks(truth, y_pred)]
        self.total.assign_add(ops.sum(weight * sum(score for score, _ in pairs)))
        self.pairs.assign_add(ops.sum(weight * sum(exists for _, exists in pairs)))

    def _class_masks(self, truth, logits):
        """Yield the true and the predicted mask of each label that counts."""
        predicted = largest_class(logits)
        if self.ignore_label is not None:
            ignored = ops.equal(truth, float(self.ignore_label))
            truth = ops.where(ignored, IGNORED, truth)
            predicted = ops.where(ignored, IGNORED, predicted)
        labels = range(1, logits.shape[-1]) if self.labels is None else self.labels
        for label in labels:
            yield ops.equal(truth, float(label)), ops.equal(predicted, float(label))

    def _region_masks(self, truth, logits):
        """Yield the true and the predicted mask of each region."""
        if logits.shape[-1] != len(self.regions):
            raise ValueError(
                f"Logits must have one channel per region ({len(self.regions)}). "
                f"Received: shape={tuple(logits.shape)}."
            )
        for region, plane in zip(self.regions, logit_planes(logits), strict=True):
            inside = ops.equal(truth, float(region[0]))
            for label in region[1:]:
                inside = ops.logical_or(inside, ops.equal(truth, float(label)))
            above = ops.greater(plane, 0.0)
            if self.ignore_label is not None:
                kept = ops.not_equal(truth, float(self.ignore_label))
                inside, above = ops.logical_and(inside, kept), ops.logical_and(above, kept)
            yield inside, above

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
        return {
            **super().get_config(),
            "labels": None if self.labels is None else list(self.labels),
            "ignore_label": self.ignore_label,
            "regions": None if self.regions is None else [list(r) for r in self.regions],
        }


def _checked_regions(regions: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    if not regions:
        raise ValueError(f"`regions` must be None or hold a region. Received: regions={regions}.")
    return tuple(check_labels("regions", region) for region in regions)


def _pair(truth, predicted):
    truth, predicted = ops.cast(truth, "float32"), ops.cast(predicted, "float32")
    overlap = ops.sum(truth * predicted, axis=1)
    size = ops.sum(truth, axis=1) + ops.sum(predicted, axis=1)
    exists = ops.cast(ops.greater(size, 0.0), "float32")
    return 2.0 * overlap / ops.maximum(size, 1.0), exists
