"""Measure one case: every label of a predicted mask against the true mask."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from kseg.evaluate.lesions import count_lesions
from kseg.evaluate.overlap import Overlap, confusion_matrix, overlap_of
from kseg.evaluate.score import EvaluatedLabel, EvaluateSettings, LabelScore
from kseg.evaluate.surface import surface_distances

_LARGEST_VALUE = 65535
_DEFAULTS = EvaluateSettings()


def evaluate_case(
    truth_zyx: np.ndarray,
    predicted_zyx: np.ndarray,
    labels: Sequence[EvaluatedLabel],
    spacing_mm: Sequence[float],
    case_id: str,
    subject: str,
    settings: EvaluateSettings = _DEFAULTS,
) -> tuple[LabelScore, ...]:
    """Score each label of one case on the grid of its masks.

    Args:
        truth_zyx: integer array (z, y, x), the true mask.
        predicted_zyx: integer array (z, y, x), the predicted mask.
        labels: `EvaluatedLabel`s; every value of the masks but 0 belongs to one of them or more.
        spacing_mm: 3 floats (z, y, x), voxel spacing in mm.
        case_id: str, id of the case.
        subject: str, the person it comes from.
        settings: `EvaluateSettings`.

    Returns:
        one `LabelScore` for each label, in the order of `labels`.

    Raises:
        ValueError: if the masks are not integer arrays of three axes and of one shape, or hold a
            value that belongs to no label.

    Example:
        >>> mask = np.ones((2, 2, 2), np.uint8)
        >>> label = EvaluatedLabel("liver", (1,))
        >>> score, = evaluate_case(mask, mask, (label,), (5, 10, 10), "a", "p1")
        >>> score.dice, score.hd_mm, score.truth_ml
        (1.0, 0.0, 4.0)
    """
    _check(truth_zyx, labels)
    spacing_mm = tuple(float(step) for step in spacing_mm)
    values = (0, *sorted({value for label in labels for value in label.values}))
    confusion = confusion_matrix(truth_zyx, predicted_zyx, values)
    if not settings.overlap_only:
        boxes = _boxes(truth_zyx, predicted_zyx, values)
    scores = []
    for label in labels:
        overlap = overlap_of(confusion, sorted({values.index(value) for value in label.values}))
        measured = _measure_overlap(overlap, math.prod(spacing_mm) / 1000.0)
        box = None if settings.overlap_only else _union(boxes[value] for value in label.values)
        if box is not None:
            truth, predicted = _mask(truth_zyx[box], label), _mask(predicted_zyx[box], label)
            tolerance_mm = settings.tolerance_of(label.name)
            measured |= _measure_surfaces(truth, predicted, spacing_mm, tolerance_mm)
            measured |= _measure_lesions(truth, predicted)
        scores.append(LabelScore(case_id, subject, label.name, **measured))
    return tuple(scores)


def _measure_overlap(overlap: Overlap, voxel_ml: float) -> dict[str, float | int]:
    surplus = overlap.predicted - overlap.truth
    in_either = overlap.predicted + overlap.truth > 0
    return {
        "dice": overlap.dice,
        "iou": overlap.iou,
        "precision": overlap.precision,
        "recall": overlap.recall,
        "volume_error_ml": surplus * voxel_ml if in_either else math.nan,
        "volume_error_percent": 100.0 * surplus / overlap.truth if overlap.truth else math.nan,
        "truth_voxels": overlap.truth,
        "predicted_voxels": overlap.predicted,
        "truth_ml": overlap.truth * voxel_ml,
        "predicted_ml": overlap.predicted * voxel_ml,
    }


def _measure_surfaces(truth, predicted, spacing_mm, tolerance_mm) -> dict[str, float]:
    distances = surface_distances(truth, predicted, spacing_mm)
    return {
        "nsd": distances.nsd(tolerance_mm),
        "hd_mm": distances.hausdorff_mm(),
        "hd95_mm": distances.hausdorff_mm(95.0),
        "assd_mm": distances.assd_mm(),
        "masd_mm": distances.masd_mm(),
    }


def _measure_lesions(truth, predicted) -> dict[str, float | int]:
    lesions = count_lesions(truth, predicted)
    return {
        "lesion_precision": lesions.precision,
        "lesion_recall": lesions.recall,
        "lesion_f1": lesions.f1,
        "truth_lesions": lesions.truth,
        "predicted_lesions": lesions.predicted,
    }


def _mask(voxels: np.ndarray, label: EvaluatedLabel) -> np.ndarray:
    mask = voxels == label.values[0]
    for value in label.values[1:]:
        mask |= voxels == value
    return mask


def _boxes(truth, predicted, values) -> dict[int, tuple[slice, ...] | None]:
    """Find the box of each value in both masks together, in one pass over each."""
    found = [_find_boxes(mask, max(values)) for mask in (truth, predicted)]
    return {value: _union(boxes[value - 1] for boxes in found) for value in values if value > 0}


def _find_boxes(mask: np.ndarray, largest: int) -> list[tuple[slice, ...] | None]:
    return ndimage.find_objects(mask.view(np.uint8) if mask.dtype == bool else mask, largest)


def _union(boxes) -> tuple[slice, ...] | None:
    """Return the smallest box round several, of which those that are `None` do not count."""
    held = [box for box in boxes if box is not None]
    if not held:
        return None
    return tuple(
        slice(min(side.start for side in sides), max(side.stop for side in sides))
        for sides in zip(*held)
    )


def _check(truth_zyx: np.ndarray, labels: Sequence[EvaluatedLabel]) -> None:
    if truth_zyx.ndim != 3:
        raise ValueError(f"`truth_zyx` must have axes (z, y, x). Received: {truth_zyx.shape}.")
    for label in labels:
        if not label.values or not all(0 < value <= _LARGEST_VALUE for value in label.values):
            raise ValueError(
                f"`labels` must have values from 1 to {_LARGEST_VALUE}."
                f" Received: {label.name!r} with {label.values}."
            )
