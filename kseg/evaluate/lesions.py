"""Compare two masks piece by piece: which lesions were found, which are made up."""

from dataclasses import dataclass

import numpy as np

from kseg.evaluate.components import connected_components
from kseg.evaluate.overlap import share


@dataclass(frozen=True)
class LesionCounts:
    """How many pieces two masks have, and how many of them touch one of the other mask.

    Pieces are connected by faces, edges or corners; two pieces touch where they have a voxel in
    common. A share of nothing is NaN.

    Args:
        truth: int, pieces of the true mask.
        predicted: int, pieces of the predicted mask.
        found: int, true pieces that a predicted one touches.
        matched: int, predicted pieces that touch a true one.

    Example:
        >>> counts = LesionCounts(truth=4, predicted=2, found=2, matched=1)
        >>> counts.precision, counts.recall, counts.f1
        (0.5, 0.5, 0.5)
    """

    truth: int
    predicted: int
    found: int
    matched: int

    @property
    def precision(self) -> float:
        """Share of the predicted pieces that touch a true one."""
        return share(self.matched, self.predicted)

    @property
    def recall(self) -> float:
        """Share of the true pieces that a predicted one touches."""
        return share(self.found, self.truth)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where nothing is found or nothing is there."""
        if self.found:
            return 2.0 * self.precision * self.recall / (self.precision + self.recall)
        return share(0, self.truth + self.predicted)


def count_lesions(truth: np.ndarray, predicted: np.ndarray) -> LesionCounts:
    """Count the pieces of two masks, and those that touch.

    Args:
        truth: bool array (z, y, x), the true mask.
        predicted: bool array (z, y, x), the predicted mask.

    Returns:
        `LesionCounts`.

    Example:
        >>> truth = np.array([[[1, 1, 0, 1, 0, 0]]], bool)
        >>> count_lesions(truth, np.array([[[0, 1, 0, 0, 0, 1]]], bool))
        LesionCounts(truth=2, predicted=2, found=1, matched=1)
    """
    common = truth & predicted
    true_pieces, true_count = connected_components(truth)
    predicted_pieces, predicted_count = connected_components(predicted)
    return LesionCounts(
        truth=true_count,
        predicted=predicted_count,
        found=_count_marked(true_pieces[common], true_count),
        matched=_count_marked(predicted_pieces[common], predicted_count),
    )


def _count_marked(numbers: np.ndarray, count: int) -> int:
    # Faster than sorting out the different numbers: a liver has millions of voxels.
    marked = np.zeros(count + 1, bool)
    marked[numbers] = True
    return int(marked.sum())
