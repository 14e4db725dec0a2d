"""What the values in the masks of a data set mean: labels, regions of them, and the ignored one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kseg.dataset.manifest import label_names
from kseg.dataset.regions import Regions, make_regions
from kseg.errors import ManifestError

IGNORE = "ignore"


@dataclass(frozen=True)
class LabelTable:
    """What the values in masks mean.

    Args:
        names: names by label value; value 0 is "background".
        regions: `Regions`, or None where labels exclude each other.
        ignore: the value of voxels that nobody has labelled, the one after the last label; or None.

    Example:
        >>> LabelTable(("background", "liver"), ignore=2).regions is None
        True
    """

    names: tuple[str, ...]
    regions: Regions | None = None
    ignore: int | None = None


def read_label_table(content: Mapping[str, object], path: Path) -> LabelTable:
    """Read the labels that a `dataset.json` or `labels.json` declares.

    Args:
        content: the file. `"labels"` is `{"1": "liver"}` (value to name, as MSD) or
            `{"liver": 1, "tumour": [2, 3], "ignore": 4}` (name to value or values, as nnU-Net); one
            name with several values makes regions of all. `"regions_class_order"` may say which
            value stands for each region in a predicted mask.
        path: the file, for messages.

    Returns:
        `LabelTable`.

    Raises:
        ManifestError: if the labels cannot be understood.

    Example:
        >>> labels = {"background": 0, "whole": [1, 2], "core": 2, "ignore": 3}
        >>> table = read_label_table({"labels": labels}, Path("dataset.json"))
        >>> table.regions.painted, table.ignore
        ((1, 2), 3)
    """
    declared, ignore = _without_ignore(content.get("labels"), path)
    regions = None
    if isinstance(declared, dict) and any(_is_region(value) for value in declared.values()):
        names = _names_of_parts(declared, path)
        wanted = {name: _parts(value) for name, value in declared.items() if _parts(value) != [0]}
        order = content.get("regions_class_order")
        regions = make_regions(wanted, order, names, path)
    else:
        names = label_names(declared, path)
    if ignore not in (None, len(names)):
        raise _unusable(
            f'the label "{IGNORE}" must have the value after the last label, {len(names)}. '
            f"Received: {ignore!r}.",
            path,
        )
    return LabelTable(names, regions, ignore)


def _without_ignore(declared: object, path: Path) -> tuple[object, object]:
    """Return the labels without the one to ignore, and its value."""
    if not isinstance(declared, dict):
        return declared, None
    if all(str(key).isdecimal() for key in declared):
        found = [key for key, name in declared.items() if name == IGNORE]
        rest = {key: name for key, name in declared.items() if name != IGNORE}
        return rest, int(found[0]) if len(found) == 1 else found or None
    return (
        {name: value for name, value in declared.items() if name != IGNORE},
        declared.get(IGNORE),
    )


def _is_region(value: object) -> bool:
    return isinstance(value, list) and len(value) > 1


def _parts(value: object) -> list:
    return value if isinstance(value, list) else [value]


def _names_of_parts(declared: Mapping[str, object], path: Path) -> tuple[str, ...]:
    """Name the values that regions are made of: as the region of one value alone, or by number."""
    values = [part for value in declared.values() for part in _parts(value)]
    if not all(isinstance(value, int) and value >= 0 for value in values):
        raise _unusable(f"label values must be whole numbers. Received: {dict(declared)!r}.", path)
    alone = {_parts(value)[0]: name for name, value in declared.items() if len(_parts(value)) == 1}
    by_value = {value: alone.get(value, f"label {value}") for value in {0, *values}}
    by_value[0] = alone.get(0, "background")
    return label_names({str(value): by_value[value] for value in sorted(by_value)}, path)


def _unusable(why: str, path: Path) -> ManifestError:
    return ManifestError(
        why=why,
        code="KS-E15",
        file=path,
        fix='renumber the masks and declare, for example, "labels": {"background": 0, "whole": '
        '[1, 2], "core": 2, "ignore": 3}',
    )
