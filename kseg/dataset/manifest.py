"""The `dataset.json` of a data set: read strictly, with its labels and channels."""

import json
from pathlib import Path

from kseg.errors import ManifestError

_LARGEST_BYTES = 64 * 1024**2
BACKGROUND_NAMES = ("background", "unlabelled", "unlabeled", "clear label", "none")


def read_manifest(path: Path) -> dict[str, object]:
    """Read a JSON file that must hold one object without repeated keys.

    Args:
        path: file to read, UTF-8 with or without a byte order mark.

    Returns:
        dict, as written.

    Raises:
        ManifestError: if the file cannot be read as that.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ValueError("it is larger than 64 MiB")
        content = json.loads(path.read_text("utf-8-sig"), object_pairs_hook=_without_repeats)
    except (OSError, ValueError, RecursionError) as error:
        raise ManifestError(
            why=f"it must be a JSON file: {error}",
            code="KS-E13",
            file=path,
            fix="write it again, or open it in an editor that marks mistakes in JSON",
        ) from error
    if not isinstance(content, dict):
        raise ManifestError(
            why=f"it must hold one JSON object. Received: {type(content).__name__}.",
            code="KS-E13",
            file=path,
            fix='begin it with { and end it with }, with keys such as "labels" inside',
        )
    return content


def label_names(declared: object, path: Path) -> tuple[str, ...]:
    """Return the label names by value, from either way of writing them.

    Args:
        declared: `{"0": "background", "1": "liver"}` (value to name, as MSD) or
            `{"background": 0, "liver": 1}` (name to value, as nnU-Net).
        path: the file it stands in, for messages.

    Returns:
        tuple of str; the index is the label value and the first is "background".

    Raises:
        ManifestError: if the values are not 0, 1, … without a gap, or names repeat.

    Example:
        >>> label_names({"background": 0, "liver": 1}, Path("dataset.json"))
        ('background', 'liver')
    """
    try:
        by_value = _by_value(declared)
    except ValueError as error:
        raise _unusable_labels(str(error), path) from error
    values = sorted(by_value)
    if values != list(range(len(values))) or len(values) < 2:
        raise _unusable_labels(
            f"label values must be 0, 1, 2, … without a gap. Received: {values}.", path
        )
    names = [by_value[value].strip() for value in values]
    if names[0].lower() not in BACKGROUND_NAMES:
        raise _unusable_labels(
            f'label value 0 must be the background. Received: "{names[0]}".', path
        )
    names[0] = "background"
    if len(set(names)) < len(names) or "" in names:
        raise _unusable_labels(f"each label must have its own name. Received: {names}.", path)
    return tuple(names)


def channel_names(declared: object, path: Path) -> tuple[str, ...]:
    """Return the names of the image channels.

    Args:
        declared: `{"0": "CT"}`, or a list of names.
        path: the file it stands in, for messages.

    Returns:
        tuple of str.

    Raises:
        ManifestError: if there is none, or their numbers are not 0, 1, … without a gap.

    Example:
        >>> channel_names({"0": "FLAIR", "1": "T1"}, Path("dataset.json"))
        ('FLAIR', 'T1')
    """
    if isinstance(declared, dict) and all(str(key).isdecimal() for key in declared):
        numbered = sorted((int(key), name) for key, name in declared.items())
        names = [name for _, name in numbered]
        complete = [number for number, _ in numbered] == list(range(len(numbered)))
    else:
        names, complete = declared, isinstance(declared, list)
    if not complete or not names or not all(isinstance(n, str) and n.strip() for n in names):
        raise ManifestError(
            why="the image channels must be named and numbered 0, 1, … without a gap. "
            f"Received: {declared!r}.",
            code="KS-E15",
            file=path,
            fix='write, for one channel of CT, "modality": {"0": "CT"}',
        )
    return tuple(name.strip() for name in names)


def _by_value(declared: object) -> dict[int, str]:
    """Return {value: name}, or raise ValueError saying what is wrong."""
    if not isinstance(declared, dict) or not declared:
        raise ValueError(f"labels must be declared by value and name. Received: {declared!r}.")
    if all(str(key).isdecimal() for key in declared):
        by_value = {int(key): name for key, name in declared.items()}
        if len(by_value) < len(declared) or not all(isinstance(n, str) for n in by_value.values()):
            raise ValueError(f"each label value must have one name. Received: {declared!r}.")
        return by_value
    # A list of one value is that value; nnU-Net writes it either way.
    single = {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value
        for name, value in declared.items()
    }
    try:
        pairs = [(int(str(value)), str(name)) for name, value in single.items()]
    except ValueError:
        raise ValueError(f"label values must be whole numbers. Received: {declared!r}.") from None
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"each label value must have one name. Received: {declared!r}.")
    return dict(pairs)


def _unusable_labels(why: str, path: Path) -> ManifestError:
    return ManifestError(
        why=why,
        code="KS-E15",
        file=path,
        fix='renumber the masks and declare, for example, "labels": {"0": "background", '
        '"1": "liver"}',
    )


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f'the key "{repeated}" stands twice in one object')
    return content
