"""Regions: labels taken together, which may overlap, each found by itself as nnU-Net does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kseg.dataset.label_value import label_value, listed_labels
from kseg.errors import ManifestError


@dataclass(frozen=True)
class Regions:
    """Regions that are learned in place of labels that exclude each other.

    The network has one output a region. A predicted mask holds plain values all the same: the
    regions are painted in their order, a later one over an earlier, each with a value of its own.

    Args:
        names: names of the regions, in the order of painting.
        labels: for each region the label values that it is made of.
        painted: for each region the value that a predicted mask gets where it is found: one of
            its labels that no later region holds.

    Example:
        >>> regions = Regions(("whole", "core"), ((1, 2), (2,)), (1, 2))
        >>> regions.to_dict()
        {'labels': {'whole': [1, 2], 'core': [2]}, 'regions_class_order': [1, 2]}
    """

    names: tuple[str, ...]
    labels: tuple[tuple[int, ...], ...]
    painted: tuple[int, ...]

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON, in the words of nnU-Net's `dataset.json`."""
        labels = {name: list(of) for name, of in zip(self.names, self.labels, strict=True)}
        return {"labels": labels, "regions_class_order": list(self.painted)}


def make_regions(
    wanted: Mapping[str, Sequence[str | int]],
    order: object,
    label_names: Sequence[str],
    file: Path,
) -> Regions:
    """Make regions of labels that are given by name or value.

    Args:
        wanted: for each region, in the order of painting, the labels that it is made of.
        order: for each region the label that stands for it in a predicted mask (nnU-Net's
            `regions_class_order`), a list as it may be written in a file. None takes the
            smallest that no later region holds.
        label_names: names of the labels, index = value, the background first.
        file: what declares the regions, for messages.

    Returns:
        `Regions`.

    Raises:
        ManifestError: KS-E21, if a label does not exist, or the painted regions could not be told
            apart.

    Example:
        >>> names = ("background", "edema", "necrosis", "enhancing")
        >>> wanted = {"whole": [1, 2, 3], "core": [2, 3], "enhancing": ["enhancing"]}
        >>> make_regions(wanted, None, names, Path("dataset.json")).painted
        (1, 2, 3)
    """
    labels = tuple(
        tuple(sorted({_value_of(part, label_names, file) for part in parts}))
        for parts in wanted.values()
    )
    if order is not None and not (isinstance(order, (list, tuple)) and len(order) == len(labels)):
        raise _unusable(
            "`regions_class_order` must be a list of one label for each of the "
            f"{len(labels)} regions. Received: {order!r}",
            file,
        )
    painted = []
    for place, (name, own) in enumerate(zip(wanted, labels, strict=True)):
        later = {label for region in labels[place + 1 :] for label in region}
        free = [label for label in own if label not in later]
        value = None if order is None else _value_of(order[place], label_names, file)
        if not free or (value is not None and value not in free):
            raise _cannot_be_painted(name, own, later, value, file)
        painted.append(free[0] if value is None else value)
    return Regions(tuple(wanted), labels, tuple(painted))


def _value_of(part: str | int, label_names: Sequence[str], file: Path) -> int:
    value = label_value(part, label_names)
    if value is None:
        raise _unusable(
            "a region must be made of labels of the data set, which are "
            f"{listed_labels(label_names)}. Received: {part!r}",
            file,
        )
    return value


def _cannot_be_painted(name: str, own, later: set[int], value, file: Path) -> ManifestError:
    received = "every label of it is in one" if value is None else f"{value}"
    return _unusable(
        f'the region "{name}" of the labels {list(own)} must be painted with one of them that no '
        f"later region holds (later ones hold {sorted(later)}), or a predicted mask could not "
        f"tell it. Received: {received}",
        file,
    )


def _unusable(why: str, file: Path) -> ManifestError:
    return ManifestError(
        why=why,
        code="KS-E21",
        file=file,
        fix="list larger regions before those inside them, each with a label of its own, such as "
        "{whole: [1, 2, 3], core: [2, 3], enhancing: [3]} with the order [1, 2, 3]",
    )
