"""Labels that a run has joined: its masks hold those, the true masks the ones they are made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kseg.errors import ManifestError, RunFolderError
from kseg.evaluate.declared import DeclaredLabels
from kseg.evaluate.masks import mask_folder, printable
from kseg.evaluate.score import EvaluatedLabel
from kseg.evaluate.truth import Truth

# What a run, and what a prediction, tells of its labels.
_OF_A_RUN, _OF_A_PREDICTION = "data.json", "predictions.json"
_KEY = "joined"
_LARGEST_VALUE = int(np.iinfo(np.uint16).max)
_BACKGROUND = "background"
_FIX = "pass --labels FILE that says what the values in both masks mean"


@dataclass(frozen=True)
class _Recorded:
    """The labels of a prediction, as it was recorded: `declared.joined` is empty if as in files."""

    file: Path
    names: tuple[str, ...]
    value_names: tuple[str, ...] = ()
    declared: DeclaredLabels | None = None


def joined_record(
    value_names: Sequence[str],
    joined: Sequence[int],
    labels: Sequence[EvaluatedLabel],
    ignore: int | None = None,
) -> dict[str, object]:
    """Return what a run records of the labels that it has joined, for `data.json`.

    Args:
        value_names: names by value in the mask files, the background first.
        joined: for each of these values, the one that it becomes.
        labels: `EvaluatedLabel`s of the values that they become.
        ignore: int, the one of these that nobody is judged by, or None.

    Returns:
        dict that JSON can hold.

    Example:
        >>> body = EvaluatedLabel("body", (1,))
        >>> joined_record(("background", "organ", "lesion"), (0, 1, 1), [body])["labels"]
        {'body': [1]}
    """
    return {
        "value_names": list(value_names),
        "becomes": list(joined),
        "labels": {label.name: list(label.values) for label in labels},
        "ignore": ignore,
    }


def join_as_recorded(
    truth: Truth, predictions: Sequence[str | Path]
) -> tuple[Truth, tuple[str, ...]]:
    """Join the labels of the truth as those of the predictions were joined in training.

    Args:
        truth: `Truth`.
        predictions: paths as for `find_pairs`: run folders, masks of a run, masks that
            `kseg predict` wrote, or any others, of which nothing is known.

    Returns:
        The truth, and a sentence for all that was done or that does not fit together.

    Raises:
        ManifestError: KS-V21, if two predictions were made for different labels, or the truth has
            other labels than those that were joined.
        RunFolderError: KS-V11, if a record is damaged.
    """
    known = [found for path in predictions if (found := _recorded(Path(path))) is not None]
    joined = [found for found in known if found.declared is not None]
    if not joined:
        return truth, tuple(line for found in known for line in _other_names(found, truth))
    first = joined[0]
    for other in known:
        same_names = other.declared is None and other.names == first.names
        if other.declared != first.declared and not same_names:
            raise _unfit(
                f"the two predictions hold different labels: {', '.join(first.names)}, and "
                f"{', '.join(other.names)}",
                other.file,
            )
    if truth.labels is not None and truth.labels.labels == first.declared.labels:
        return truth, ()
    _check_same_values(first, truth)
    made_of = first.declared.made_of
    sentence = f"the true labels were joined as the run recorded it: {made_of}"
    return replace(truth, labels=first.declared), (sentence,)


def _check_same_values(found: _Recorded, truth: Truth) -> None:
    """Refuse a truth in whose masks a value means something else than where it was joined."""
    for label in truth.labels.labels if truth.labels is not None else ():
        beyond = [value for value in label.values if value >= len(found.declared.joined)]
        named = found.value_names[label.values[0] : label.values[0] + 1]
        if beyond or (len(label.values) == 1 and named != (label.name,)):
            recorded = ", ".join(
                f"{value} {name}" for value, name in enumerate(found.value_names) if value
            )
            raise _unfit(
                f"the run joined the labels {recorded}; the truth has {label.values[0]} "
                f'"{label.name}"',
                truth.root,
            )


def _other_names(found: _Recorded, truth: Truth) -> list[str]:
    """Tell where a prediction calls its labels otherwise than the truth, value by value."""
    labels = truth.labels.labels if truth.labels is not None else ()
    if not labels or any(len(label.values) > 1 for label in labels):
        return []
    names = tuple(label.name for label in labels)
    if found.names == names:
        return []
    return [
        f"the predicted masks were made for the labels {', '.join(found.names)}, and the truth has "
        f"{', '.join(names)}: they are compared value by value. If that is wrong, {_FIX}"
    ]


def joined_of_run(run: str | Path, names: Sequence[str]) -> dict[str, object]:
    """Return what a run folder tells of joined labels, to be told again with its predictions.

    Args:
        run: path of a folder that may be a run folder.
        names: names of the labels that its network predicts, without the background.

    Returns:
        dict with the key `joined`; empty where nothing was joined, or it is no run of such labels.
    """
    file = Path(run) / _OF_A_RUN
    found = _read(file) if file.is_file() else None
    if found is None or found.declared is None or found.names != tuple(names):
        return {}
    declared = found.declared
    record = joined_record(found.value_names, declared.joined, declared.labels, declared.ignore)
    return {_KEY: record}


def _recorded(path: Path) -> _Recorded | None:
    folder = path.parent if path.is_file() else mask_folder(path)
    file = folder / _OF_A_PREDICTION
    if not file.is_file():
        # Masks of a run lie in `validation/masks` of the run folder.
        file = folder.resolve().parent.parent / _OF_A_RUN
        if folder.resolve().parts[-2:] != ("validation", "masks") or not file.is_file():
            return None
    return _read(file)


def _read(file: Path) -> _Recorded | None:
    """Read what a file tells of labels; None if it is another tool's and tells nothing of them."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or "labels" not in content:
            return None
        names = [str(name) for name in content["labels"]]
        names = tuple(names[1:] if names[:1] == [_BACKGROUND] else names)
        if _KEY not in content:
            return _Recorded(file, names)
        return _Recorded(file, names, *_joined(content[_KEY]))
    except (OSError, KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise RunFolderError(
            why=f"what it tells of the labels cannot be read ({type(error).__name__})",
            file=file,
            fix=f"restore the file from a copy, or {_FIX}",
            code="KS-V11",
        ) from error


def _joined(record: Mapping) -> tuple[tuple[str, ...], DeclaredLabels]:
    """Return the names in the files and the labels joined of them, or raise what is wrong."""
    becomes = tuple(record["becomes"])
    value_names = tuple(map(printable, record["value_names"]))
    labels = tuple(
        EvaluatedLabel(printable(name), tuple(values)) for name, values in record["labels"].items()
    )
    ignore = record["ignore"]
    numbers = [*becomes, *(value for label in labels for value in label.values)]
    numbers += [] if ignore is None else [ignore]
    if not all(type(number) is int and 0 <= number <= _LARGEST_VALUE for number in numbers):
        raise ValueError("a value is no label")
    if not labels or not all(label.values for label in labels) or len(becomes) < 2:
        raise ValueError("a label has no value")
    return value_names, DeclaredLabels(
        labels, ignore, becomes, _made_of(value_names, becomes, labels)
    )


def _made_of(
    value_names: Sequence[str], becomes: Sequence[int], labels: Sequence[EvaluatedLabel]
) -> str:
    parts = {
        label.name: [
            name for name, value in zip(value_names, becomes, strict=False) if value in label.values
        ]
        for label in labels
    }
    return ", ".join(f"{name} = {' + '.join(made) or 'nothing'}" for name, made in parts.items())


def _unfit(why: str, file: Path) -> ManifestError:
    return ManifestError(why=why, code="KS-V21", file=file, fix=_FIX)
