"""How much of the foreground is found at all, whatever its label."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("kseg_example")
class ForegroundRecall(keras.metrics.Metric):
    """Share of the labelled voxels that the network calls anything but background.

    Pooled over all patches of an epoch. In a recipe: `fit: {metrics: [patch_dice,
    ForegroundRecall]}`; `history.csv` has it in a column of its `name`.

    Args:
        name: str, name of the metric and of its column.
        dtype: as in every Keras metric.

    Input shape:
        integer labels (cases, …spatial); logits (cases, …spatial, classes)

    Example:
        >>> import numpy as np
        >>> metric = ForegroundRecall()
        >>> metric.update_state(np.array([[0, 1, 2]]), np.eye(3)[[[0, 2, 0]]])
        >>> float(metric.result())
        0.5
    """

    def __init__(self, name="foreground_recall", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.found = self.add_variable((), initializer="zeros", name="found")
        self.labelled = self.add_variable((), initializer="zeros", name="labelled")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add the voxels of one batch."""
        labelled = ops.cast(ops.greater(y_true, 0), self.dtype)
        called = ops.cast(ops.greater(ops.argmax(y_pred, axis=-1), 0), self.dtype)
        self.found.assign_add(ops.sum(labelled * called))
        self.labelled.assign_add(ops.sum(labelled))

    def result(self):
        """Return the share so far; 0 while there is no labelled voxel."""
        return ops.divide_no_nan(self.found, self.labelled)
