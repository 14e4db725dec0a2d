"""Which labels a set of masks declares: names, values, regions of several values, and `ignore`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kseg.dataset import DataSet, ReadOptions, join_labels
from kseg.dataset.manifest import BACKGROUND_NAMES, read_manifest
from kseg.errors import ManifestError, VolumeError
from kseg.evaluate.comparison import OVER_LABELS
from kseg.evaluate.score import EvaluatedLabel, evaluated_labels
from kseg.volume import count_labels

LABEL_FILES = ("labels.json", "dataset.json")
_IGNORE = "ignore"
_LARGEST_VALUE = int(np.iinfo(np.uint16).max)
_VALUES_SHOWN = 8
# More values than the finest atlases have are those of an image.
_MOST_UNDECLARED = 200


@dataclass(frozen=True)
class DeclaredLabels:
    """What the values in a set of masks mean.

    Args:
        labels: tuple of `EvaluatedLabel`, without the background; values may have gaps, and a
            region has several of them.
        ignore: int or None, the value of voxels that nobody has labelled and nobody is judged by.
        joined: tuple of int, for each value in the true masks the one that it becomes; empty where
            they hold these labels already.
        made_of: str, what the joined labels are made of; empty where there are none.

    Example:
        >>> liver = EvaluatedLabel("liver", (1,))
        >>> DeclaredLabels((liver,), ignore=255).names
        ('liver',)
    """

    labels: tuple[EvaluatedLabel, ...]
    ignore: int | None = None
    joined: tuple[int, ...] = ()
    made_of: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the labels."""
        return tuple(label.name for label in self.labels)


def declared_by(dataset: DataSet) -> DeclaredLabels:
    """Return what a data set says of the values in its masks.

    Args:
        dataset: `DataSet`.

    Returns:
        `DeclaredLabels`.
    """
    return DeclaredLabels(evaluated_labels(dataset.label_names, dataset.regions), dataset.ignore)


def read_declared(path: str | Path) -> DeclaredLabels:
    """Read the labels that a `dataset.json` or `labels.json` declares.

    Args:
        path: JSON file with `"labels"`, either `{"1": "liver"}` (value to name, as MSD) or
            `{"liver": 1, "tumour": [2, 3], "ignore": 4}` (name to value or values, as nnU-Net).

    Returns:
        `DeclaredLabels`.

    Raises:
        ManifestError: if the file is no such file (KS-E13), or its labels cannot be understood
            (KS-E15).

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "labels.json"
        >>> size = file.write_text('{"labels": {"background": 0, "whole": [1, 3], "core": 3}}')
        >>> read_declared(file).labels[0]
        EvaluatedLabel(name='whole', values=(1, 3))
    """
    path = Path(path)
    try:
        return _declared(_values_by_name(read_manifest(path).get("labels")))
    except ValueError as error:
        raise ManifestError(
            why=str(error),
            code="KS-E15",
            file=path,
            fix='declare, for example, "labels": {"background": 0, "liver": 1, "lesion": 2}, or '
            "give another file by --labels",
        ) from error


def find_declared(folder: Path) -> Path | None:
    """Return the file that declares the labels of a folder of masks: in it, or one folder up.

    Args:
        folder: path.

    Returns:
        path of a `labels.json` or `dataset.json` with `"labels"`, or None.
    """
    for place in (folder, folder.resolve().parent):
        for name in LABEL_FILES:
            file = place / name
            if file.is_file() and "labels" in read_manifest(file):
                return file
    return None


def check_names(declared: DeclaredLabels | None, file: str | Path) -> None:
    """Refuse a label with the name of the row over all labels: they could not be told apart.

    Args:
        declared: `DeclaredLabels`, or None where none are declared.
        file: path of what declares them, for the message.

    Raises:
        ManifestError: KS-V09.
    """
    for name in () if declared is None else declared.names:
        if name.casefold() == OVER_LABELS:
            raise ManifestError(
                why=f'no label can be called "{name}": the row over all labels has this name',
                code="KS-V09",
                file=file,
                fix="give the label another name, or give a file with other names by --labels",
            )


def check_values(
    voxels: np.ndarray, declared: DeclaredLabels | None, file: str | Path
) -> tuple[EvaluatedLabel, ...]:
    """Refuse a mask that holds an undeclared value, and return the labels to look for.

    Args:
        voxels: (z, y, x) array of unsigned integers.
        declared: `DeclaredLabels`; None if nothing is declared, where every value is a label.
        file: path of the mask, for the message.

    Returns:
        tuple of `EvaluatedLabel`: those declared, or else one named by each value that occurs.

    Raises:
        VolumeError: KS-C05, naming the values, their counts and what is declared.

    Example:
        >>> check_values(np.array([[[0, 7]]], np.uint8), None, "a.nii")
        (EvaluatedLabel(name='7', values=(7,)),)
    """
    counts = count_labels(voxels)
    present = [value for value in np.flatnonzero(counts).tolist() if value > 0]
    if declared is None:
        if len(present) > _MOST_UNDECLARED:
            why = f"it holds {len(present)} values: it looks like an image given as a mask"
            fix = "give the mask of this case, or declare its labels by --labels"
            raise VolumeError(why=why, code="KS-C05", file=file, fix=fix)
        return tuple(EvaluatedLabel(str(value), (value,)) for value in present)
    known = {value for label in declared.labels for value in label.values}
    undeclared = [value for value in present if value not in known]
    if undeclared:
        raise _undeclared(undeclared, counts, declared, file)
    return declared.labels


def join_truth(voxels: np.ndarray, declared: DeclaredLabels | None, file: str | Path) -> np.ndarray:
    """Return a true mask with its labels joined as the prediction's were.

    Args:
        voxels: (z, y, x) array of unsigned integers.
        declared: `DeclaredLabels`, or None where none are declared.
        file: path of the mask, for the message.

    Returns:
        array of the same shape; the mask itself where nothing is joined.

    Raises:
        VolumeError: KS-C05, if it holds a value of which nobody has said what it becomes.

    Example:
        >>> body = DeclaredLabels((EvaluatedLabel("body", (1,)),), joined=(0, 1, 1))
        >>> join_truth(np.array([[[0, 1, 2]]], np.uint8), body, "a.nii").tolist()
        [[[0, 1, 1]]]
    """
    if declared is None or not declared.joined:
        return voxels
    largest = int(voxels.max())
    if largest >= len(declared.joined):
        why = f"it holds the label {largest}; the labels joined are 1 to {len(declared.joined) - 1}"
        fix = "correct the mask, or declare its labels by --labels"
        raise VolumeError(why=why, code="KS-C05", file=file, fix=fix)
    return join_labels(voxels, ReadOptions(joined=declared.joined))


def _undeclared(values: list[int], counts, declared: DeclaredLabels, file) -> VolumeError:
    shown = ", ".join(f"{value} ({counts[value]:,} voxels)" for value in values[:_VALUES_SHOWN])
    rest = len(values) - _VALUES_SHOWN
    names = ", ".join(
        f"{'+'.join(map(str, entry.values))} {entry.name}" for entry in declared.labels
    )
    why = f"it holds undeclared labels: {shown}{f' and {rest} more' if rest > 0 else ''}"
    return VolumeError(
        why=f"{why}; declared are {names}",
        code="KS-C05",
        file=file,
        fix="correct the mask, or declare its labels by --labels",
    )


def _values_by_name(written: object) -> list[tuple[str, tuple[int, ...]]]:
    """Return names and values from either way of writing them, or raise ValueError."""
    if not isinstance(written, dict) or not written:
        raise ValueError(f'"labels" must hold names and values. Received: {written!r}.')
    by_value = all(str(key).isdecimal() for key in written)
    pairs = []
    for key, entry in written.items():
        name, values = (entry, key) if by_value else (key, entry)
        values = values if isinstance(values, list) else [values]
        if not isinstance(name, str) or not name.strip() or not values:
            raise ValueError(f"each label must have a name and a value. Received: {written!r}.")
        try:
            numbers = tuple(int(str(value)) for value in values)
        except ValueError:
            raise ValueError(f"label values must be whole numbers. Received: {entry!r}.") from None
        if not all(0 <= number <= _LARGEST_VALUE for number in numbers):
            raise ValueError(f"label values must be 0 to {_LARGEST_VALUE}. Received: {entry!r}.")
        name.encode()  # A ValueError where it is no text, which JSON can hold and no file.
        pairs.append((name.strip(), tuple(sorted(set(numbers)))))
    return pairs


def _declared(pairs: list[tuple[str, tuple[int, ...]]]) -> DeclaredLabels:
    ignore, labels = None, []
    for name, values in pairs:
        if name == _IGNORE:
            if len(values) > 1 or values == (0,) or ignore is not None:
                raise ValueError(f'"ignore" must have one value above 0. Received: {values}.')
            ignore = values[0]
        elif 0 in values:
            if values != (0,) or name.lower() not in BACKGROUND_NAMES:
                raise ValueError(f'label value 0 must be the background. Received: "{name}".')
        else:
            labels.append(EvaluatedLabel(name, values))
    names = [label.name for label in labels]
    if len(set(names)) < len(names) or not names:
        raise ValueError(f"labels must be named, each by its own name. Received: {names}.")
    single = [label.values[0] for label in labels if len(label.values) == 1]
    if len(set(single)) < len(single):
        raise ValueError(f"each label must have its own value. Received: {sorted(single)}.")
    if any(ignore in label.values for label in labels):
        raise ValueError(f'the value of "ignore" must be its own. Received: {ignore}.')
    return DeclaredLabels(tuple(labels), ignore)
