"""Compare two masks voxel by voxel: what they have in common, label by label."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Overlap:
    """How many voxels of one label two masks have, and how many of them in common.

    A share of nothing is NaN: Dice and IoU where neither mask has the label, precision where
    nothing is predicted, recall where nothing is true.

    Args:
        truth: int, voxels of the true mask.
        predicted: int, voxels of the predicted mask.
        common: int, voxels of both.

    Example:
        >>> found = Overlap(truth=10, predicted=20, common=5)
        >>> found.iou, found.precision, found.recall
        (0.2, 0.25, 0.5)

    Reference:
        Dice, Measures of the amount of ecologic association between species, Ecology 26, 1945.
        Jaccard, The distribution of the flora in the alpine zone, New Phytologist 11, 1912.
    """

    truth: int
    predicted: int
    common: int

    @property
    def dice(self) -> float:
        """Twice the common voxels over the sum of both masks."""
        return share(2 * self.common, self.truth + self.predicted)

    @property
    def iou(self) -> float:
        """Common voxels over the voxels of either mask."""
        return share(self.common, self.truth + self.predicted - self.common)

    @property
    def precision(self) -> float:
        """Share of the predicted voxels that are true."""
        return share(self.common, self.predicted)

    @property
    def recall(self) -> float:
        """Share of the true voxels that were predicted."""
        return share(self.common, self.truth)


def share(part: float, whole: float) -> float:
    """Return `part` over `whole`, NaN where there is no whole.

    Args:
        part: number.
        whole: number.

    Returns:
        float.

    Example:
        >>> share(1, 4), share(0, 0)
        (0.25, nan)
    """
    return part / whole if whole else math.nan


def confusion_matrix(
    truth: np.ndarray, predicted: np.ndarray, labels: int | Sequence[int]
) -> np.ndarray:
    """Count how often each true label was predicted as each label, in one pass.

    Args:
        truth: array of integers.
        predicted: array of integers of the same shape.
        labels: the values that exist; an int `n` stands for 0 to `n - 1`.

    Output shape:
        (labels, labels), int64: rows true, columns predicted, in the order of `labels`

    Returns:
        array.

    Raises:
        ValueError: if the shapes differ, the arrays are not integers or hold a value that is not
            among `labels`.

    Example:
        >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
        [[1, 0], [1, 1]]
        >>> confusion_matrix(np.array([0, 900, 900]), np.array([0, 900, 0]), (900, 0)).tolist()
        [[1, 1], [0, 1]]
    """
    values = range(labels) if isinstance(labels, int) else tuple(labels)
    _check(truth, predicted)
    table, side = _positions(values), len(values) + 1
    counts = np.zeros(side * side, np.int64)
    # Slice by slice: the paired positions need eight bytes a voxel.
    for true_slice, predicted_slice in zip(np.atleast_2d(truth), np.atleast_2d(predicted)):
        pairs = np.take(table, true_slice.astype(np.intp), mode="clip").ravel() * side
        pairs += np.take(table, predicted_slice.astype(np.intp), mode="clip").ravel()
        counts += np.bincount(pairs, minlength=side * side)
    counts = counts.reshape(side, side)
    if counts[-1].any() or counts[:, -1].any():
        name, mask = ("truth", truth) if counts[-1].any() else ("predicted", predicted)
        unknown = np.setdiff1d(mask, values)
        raise ValueError(
            f"`{name}` must hold only the values {list(values)}. Received: {unknown[:5].tolist()}."
        )
    return counts[:-1, :-1]


def dice_per_label(confusion: np.ndarray) -> np.ndarray:
    """Turn a confusion matrix into the Dice coefficient of each label.

    A label that neither mask holds has no Dice (NaN); a label that only one of them holds has 0.

    Args:
        confusion: array from `confusion_matrix`.

    Input shape:
        (labels, labels)

    Output shape:
        (labels,), in the order of the matrix

    Returns:
        array of floats.

    Example:
        >>> dice_per_label(np.array([[5, 0, 0], [1, 2, 0], [0, 0, 0]])).round(3).tolist()
        [0.909, 0.8, nan]
    """
    return np.array([overlap_of(confusion, (label,)).dice for label in range(len(confusion))])


def overlap_of(confusion: np.ndarray, positions: Sequence[int]) -> Overlap:
    """Read from a confusion matrix how well one label, or a region of several, was found.

    Args:
        confusion: array from `confusion_matrix`.
        positions: ints, the rows of the matrix that belong together.

    Returns:
        `Overlap`.

    Example:
        >>> overlap_of(np.array([[5, 0, 0], [1, 2, 3], [0, 1, 0]]), (1, 2))
        Overlap(truth=7, predicted=6, common=6)
    """
    rows = list(positions)
    return Overlap(
        truth=int(confusion[rows].sum()),
        predicted=int(confusion[:, rows].sum()),
        common=int(confusion[np.ix_(rows, rows)].sum()),
    )


def _positions(values: Sequence[int]) -> np.ndarray:
    """Return a table from value to its place in `values`; one past the last for all others."""
    table = np.full(max(values) + 2, len(values), np.intp)
    table[list(values)] = np.arange(len(values))
    return table


def _check(truth: np.ndarray, predicted: np.ndarray) -> None:
    if truth.shape != predicted.shape:
        raise ValueError(
            f"`predicted` must have the shape of `truth`, {truth.shape}."
            f" Received: shape={predicted.shape}."
        )
    for name, mask in (("truth", truth), ("predicted", predicted)):
        if mask.dtype.kind not in "iub":
            raise ValueError(f"`{name}` must hold integers. Received: dtype={mask.dtype}.")
        # Looking a value up clips it, and a negative one would become background.
        if mask.dtype.kind == "i" and mask.size and mask.min() < 0:
            raise ValueError(f"`{name}` must hold no negative values. Received: {mask.min()}.")
