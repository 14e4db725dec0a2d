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
_KEY, _REGIONS = "joined", "regions"
_LARGEST_VALUE = int(np.iinfo(np.uint16).max)
_BACKGROUND = "background"
_FIX = "pass --labels FILE that says what the values in both masks mean"


@dataclass(frozen=True)
class _Recorded:
    """The labels of a prediction, as it was recorded; `declared` is None if they are as in files.

    `by_model` says that a model told its regions and no run what the files held before.
    """

    file: Path
    names: tuple[str, ...]
    value_names: tuple[str, ...] = ()
    declared: DeclaredLabels | None = None
    by_model: bool = False


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
    # A run knows more than the model that was taken out of it.
    first = min(joined, key=lambda found: found.by_model)
    for other in known:
        if not _hold_the_same(first, other):
            raise _unfit(
                f"the two predictions hold different labels: {', '.join(first.names)}, and "
                f"{', '.join(other.names)}",
                other.file,
            )
    if truth.labels is not None and truth.labels.labels == first.declared.labels:
        return truth, ()
    _check_same_values(first, truth)
    declared, who = first.declared, "run"
    if first.by_model:
        declared, who = _with_ignored(declared, truth), "model"
    sentence = f"the true labels were joined as the {who} recorded it: {declared.made_of}"
    return replace(truth, labels=declared), (sentence,)


def _hold_the_same(first: _Recorded, other: _Recorded) -> bool:
    """Tell whether the masks of two predictions mean the same, of which the first is joined."""
    declared = first.declared
    if other.declared is None:
        plain = all(label.values == (place,) for place, label in enumerate(declared.labels, 1))
        return plain and other.names == first.names
    if first.by_model == other.by_model:
        return other.declared == declared
    # A run may have joined labels before it made regions, which its model does not know.
    return other.declared.labels == declared.labels


def _with_ignored(declared: DeclaredLabels, truth: Truth) -> DeclaredLabels:
    """Ignore what the truth says to ignore: a model does not tell."""
    ignore = None if truth.labels is None else truth.labels.ignore
    if ignore is None:
        return declared
    beyond = range(len(declared.joined), ignore + 1)
    return replace(declared, ignore=ignore, joined=(*declared.joined, *beyond))


def _check_same_values(found: _Recorded, truth: Truth) -> None:
    """Refuse a truth in whose masks a value means something else than where it was joined."""
    for label in truth.labels.labels if truth.labels is not None else ():
        beyond = [value for value in label.values if value >= len(found.declared.joined)]
        named = found.value_names[label.values[0] : label.values[0] + 1]
        if beyond or (len(label.values) == 1 and named != (label.name,)):
            recorded = ", ".join(
                f"{value} {name}" for value, name in enumerate(found.value_names) if value
            )
            who = "model makes regions of" if found.by_model else "run joined"
            raise _unfit(
                f'the {who} the labels {recorded}; the truth has {label.values[0]} "{label.name}"',
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
        if _KEY in content:
            return _Recorded(file, names, *_joined(content[_KEY]))
        if content.get(_REGIONS) is None:
            return _Recorded(file, names)
        regions = content[_REGIONS]["labels"]
        record = _of_regions(regions, names)
        return _Recorded(file, tuple(map(str, regions)), *_joined(record), by_model=True)
    except (OSError, KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise RunFolderError(
            why=f"what it tells of the labels cannot be read ({type(error).__name__})",
            file=file,
            fix=f"restore the file from a copy, or {_FIX}",
            code="KS-V11",
        ) from error


def _of_regions(regions: Mapping[str, Sequence[int]], names: Sequence[str]) -> dict[str, object]:
    """Return the record of labels that no one joined; those that no region holds are background."""
    values = range(len(names) + 1)
    held = {value for of in regions.values() for value in of}
    if not held.issubset(values[1:]):
        raise ValueError("a region is made of no label")
    becomes = [value if value in held else 0 for value in values]
    labels = [EvaluatedLabel(name, tuple(of)) for name, of in regions.items()]
    return joined_record((_BACKGROUND, *names), becomes, labels)


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
