"""Labels that a recipe joins into one, such as the liver and the lesions in it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from kseg.dataset.label_value import label_value, listed_labels
from kseg.dataset.options import ReadOptions
from kseg.errors import ManifestError


def joined_values(
    wanted: Mapping[str, Sequence[str | int]], label_names: Sequence[str], file: Path
) -> tuple[int, ...]:
    """Return, for each value in the mask files, the label that it becomes.

    Args:
        wanted: for each new label, in the order of their values, the names or values of the
            labels that it is made of. Labels that no one names become background.
        label_names: names of the labels in the files, index = value, the background first.
        file: the data set, for messages.

    Returns:
        tuple of int, one for each value in the files.

    Raises:
        ManifestError: if a label does not exist or is named twice.

    Example:
        >>> names = ("background", "liver", "lesion")
        >>> joined_values({"liver": ["liver", "lesion"]}, names, Path("dataset.json"))
        (0, 1, 1)
    """
    becomes = [0] * len(label_names)
    for new, parts in enumerate(wanted.values(), start=1):
        for part in parts:
            value = label_value(part, label_names)
            if value is None:
                why = f"`data.labels` must be made of labels of the data set. Received: {part!r}"
                raise _unusable(why, label_names, file)
            if becomes[value]:
                raise _unusable(f"`data.labels` must name each label once. Received twice: {part}",
                                label_names, file)  # fmt: skip
            becomes[value] = new
    return tuple(becomes)


def names_in_files(label_names: Sequence[str], options: ReadOptions) -> tuple[str, ...]:
    """Return what each value in the mask files means.

    Args:
        label_names: names of the labels as they are after joining, without the one to ignore.
        options: `ReadOptions`.

    Returns:
        tuple of str, index = value in the files.

    Example:
        >>> names_in_files(("background", "liver"), ReadOptions(joined=(0, 1, 1)))
        ('background', 'liver', 'liver')
    """
    names = (*label_names, *([] if options.ignore is None else ["ignore"]))
    if not options.joined:
        return names
    return tuple(names[label] for label in options.joined)


def values_become(label_names: Sequence[str], options: ReadOptions) -> tuple[int, ...]:
    """Return, for each value in the mask files, the label that it becomes, also if that is itself.

    Args:
        label_names: names of the labels as they are after joining, without the one to ignore.
        options: `ReadOptions`.

    Returns:
        tuple of int.

    Example:
        >>> values_become(("background", "liver"), ReadOptions(ignore=2))
        (0, 1, 2)
    """
    return options.joined or tuple(range(len(names_in_files(label_names, options))))


def join_labels(labels: np.ndarray, options: ReadOptions) -> np.ndarray:
    """Return a mask with its labels joined.

    Args:
        labels: array of values as they are in the file, all of them declared.
        options: `ReadOptions`.

    Returns:
        array of the same shape; the mask itself where nothing is joined.

    Example:
        >>> join_labels(np.array([0, 1, 2], np.uint8), ReadOptions(joined=(0, 1, 1))).tolist()
        [0, 1, 1]
    """
    if not options.joined:
        return labels
    return np.array(options.joined, np.uint8 if max(options.joined) < 256 else np.uint16)[labels]


def _unusable(why: str, label_names: Sequence[str], file: Path) -> ManifestError:
    known = listed_labels(label_names)
    return ManifestError(
        why=why, code="KS-E17", file=file, fix=f"write names or values of these: {known}"
    )
