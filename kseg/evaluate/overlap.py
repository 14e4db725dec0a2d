"""Compare two masks label by label: Dice and volumes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LabelScore:
    """How well one label of one case was found.

    Args:
        case: str, id of the case.
        subject: str, the person it comes from.
        label: str, name of the label.
        dice: float from 0 to 1; NaN where neither mask holds the label.
        truth_voxels: int, voxels of the label in the true mask.
        predicted_voxels: int, voxels of the label in the predicted mask.
        truth_ml: float, volume of the label in the true mask in ml.
        predicted_ml: float, volume of the label in the predicted mask in ml.

    Example:
        >>> LabelScore("a", "person_1", "liver", 0.9, 1000, 1100, 1.0, 1.1).predicted_ml
        1.1
    """

    case: str
    subject: str
    label: str
    dice: float
    truth_voxels: int
    predicted_voxels: int
    truth_ml: float
    predicted_ml: float


def confusion_matrix(truth: np.ndarray, predicted: np.ndarray, labels: int) -> np.ndarray:
    """Count how often each true label was predicted as each label, in one pass.

    Args:
        truth: array of unsigned integers below `labels`.
        predicted: array of the same shape, unsigned integers below `labels`.
        labels: int, label values that exist.

    Output shape:
        (labels, labels), int64: rows true, columns predicted

    Returns:
        array.

    Raises:
        ValueError: if the shapes differ, the arrays are not integers or a value is out of range.

    Example:
        >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
        [[1, 0], [1, 1]]
    """
    _check(truth, predicted, labels)
    counts = np.zeros(labels * labels, np.int64)
    # Slice by slice: the paired values need eight bytes a voxel.
    for true_slice, predicted_slice in zip(np.atleast_2d(truth), np.atleast_2d(predicted)):
        pairs = true_slice.astype(np.intp).ravel() * labels + predicted_slice.ravel()
        counts += np.bincount(pairs, minlength=labels * labels)
    return counts.reshape(labels, labels)


def dice_per_label(confusion: np.ndarray) -> np.ndarray:
    """Turn a confusion matrix into the Dice coefficient of each label.

    Dice is twice the common voxels over the sum of both. A label that neither mask holds has no
    Dice (NaN); a label that only one of them holds has 0.

    Args:
        confusion: array from `confusion_matrix`.

    Input shape:
        (labels, labels)

    Output shape:
        (labels,), background first

    Returns:
        array of floats.

    Example:
        >>> dice_per_label(np.array([[5, 0, 0], [1, 2, 0], [0, 0, 0]])).round(3).tolist()
        [0.909, 0.8, nan]

    Reference:
        Dice, Measures of the amount of ecologic association between species, Ecology 26, 1945.
    """
    total = confusion.sum(axis=0) + confusion.sum(axis=1)
    dice = np.full(len(confusion), np.nan)
    np.divide(2.0 * np.diagonal(confusion), total, out=dice, where=total > 0)
    return dice


def evaluate_case(
    truth_zyx: np.ndarray,
    predicted_zyx: np.ndarray,
    label_names: Sequence[str],
    spacing_mm: Sequence[float],
    case_id: str,
    subject: str,
) -> tuple[LabelScore, ...]:
    """Score each label of one case on the grid of its masks.

    Args:
        truth_zyx: true mask (z, y, x).
        predicted_zyx: predicted mask (z, y, x).
        label_names: names of the labels, index = value, `"background"` first.
        spacing_mm: 3 floats (z, y, x), voxel spacing in mm.
        case_id: str, id of the case.
        subject: str, the person it comes from.

    Returns:
        one `LabelScore` for each label but background.

    Raises:
        ValueError: if the shapes differ or a value has no name.

    Example:
        >>> mask = np.ones((2, 2, 2), np.uint8)
        >>> score, = evaluate_case(mask, mask, ("background", "liver"), (5, 10, 10), "a", "p1")
        >>> score.dice, score.truth_ml
        (1.0, 4.0)
    """
    confusion = confusion_matrix(truth_zyx, predicted_zyx, len(label_names))
    dice = dice_per_label(confusion)
    voxel_ml = math.prod(float(step) for step in spacing_mm) / 1000.0
    true, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    return tuple(
        LabelScore(
            case=case_id,
            subject=subject,
            label=label_names[label],
            dice=float(dice[label]),
            truth_voxels=int(true[label]),
            predicted_voxels=int(predicted[label]),
            truth_ml=int(true[label]) * voxel_ml,
            predicted_ml=int(predicted[label]) * voxel_ml,
        )
        for label in range(1, len(label_names))
    )


def _check(truth: np.ndarray, predicted: np.ndarray, labels: int) -> None:
    if truth.shape != predicted.shape:
        raise ValueError(
            f"`predicted` must have the shape of `truth`, {truth.shape}."
            f" Received: shape={predicted.shape}."
        )
    for name, mask in (("truth", truth), ("predicted", predicted)):
        if mask.dtype.kind not in "iub":
            raise ValueError(f"`{name}` must hold integers. Received: dtype={mask.dtype}.")
        if mask.size and not 0 <= int(mask.min()) <= int(mask.max()) < labels:
            raise ValueError(
                f"`{name}` must hold values from 0 to {labels - 1}."
                f" Received: {mask.min()} to {mask.max()}."
            )
