"""Whether a label map holds only labels that the data set declares."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kseg.volume.findings import refusal

# More kinds of value than this are those of an image.
_MOST_DISTINCT_LABELS = 64
_VALUES_SHOWN = 8


def count_labels(labels: np.ndarray) -> np.ndarray:
    """Count the voxels of each label value, slice by slice.

    Args:
        labels: (z, y, x) array of unsigned integers.

    Returns:
        1-D int64 array: the count of value 0, 1, … up to the largest that occurs.

    Example:
        >>> count_labels(np.array([[[0, 2, 2]]], np.uint8)).tolist()
        [1, 0, 2]
    """
    size = int(labels.max()) + 1
    total = np.zeros(size, np.int64)
    # bincount widens its input to 8 bytes a voxel: one slice at a time keeps that small.
    for slice_yx in labels:
        total += np.bincount(slice_yx.ravel(), minlength=size)
    return total


def check_label_values(
    labels: np.ndarray, label_names: Sequence[str], file: str | Path
) -> tuple[int, ...]:
    """Refuse a label map that holds an undeclared value.

    Args:
        labels: (z, y, x) array of unsigned integers.
        label_names: sequence of str; its index is the value, 0 is the background.
        file: path of the label file, for the message.

    Returns:
        tuple of int, the voxels of each declared label, 0 for one that does not occur.

    Raises:
        VolumeError: KS-C05, naming the values, their counts and what is declared.

    Example:
        >>> check_label_values(np.array([[[0, 1, 1]]], np.uint8), ("background", "liver"), "a.nii")
        (1, 2)
    """
    counts, declared = count_labels(labels), len(label_names)
    undeclared = [value for value in np.flatnonzero(counts).tolist() if value >= declared]
    if not undeclared:
        padded = counts.tolist() + [0] * declared
        return tuple(padded[:declared])
    shown = ", ".join(f"{value} ({counts[value]:,} voxels)" for value in undeclared[:_VALUES_SHOWN])
    rest = len(undeclared) - _VALUES_SHOWN
    names = ", ".join(f"{value} {name}" for value, name in enumerate(label_names))
    why = f"it holds undeclared labels: {shown}{f' and {rest} more' if rest > 0 else ''}"
    why += f"; declared are {names}"
    distinct = int(np.count_nonzero(counts))
    if distinct > _MOST_DISTINCT_LABELS:
        why += f". With {distinct} distinct values it looks like an image given as label"
        raise refusal("C05", file, why, "give the label file of this case")
    fix = "correct the label file, or declare the labels in the data set"
    raise refusal("C05", file, why, fix)
