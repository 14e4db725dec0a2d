"""Labels of a data set that a recipe or a `dataset.json` gives by name or value."""

from collections.abc import Sequence


def label_value(part: object, label_names: Sequence[str]) -> int | None:
    """Return the value of a label that is given by name or value.

    Args:
        part: str or int; anything else that a file may hold is no label.
        label_names: names of the labels, index = value, the background first.

    Returns:
        int above 0; None if there is no such label, or it is the background.

    Example:
        >>> names = ("background", "liver", "lesion")
        >>> label_value("lesion", names), label_value(1, names), label_value(0, names)
        (2, 1, None)
    """
    is_value = isinstance(part, int) and not isinstance(part, bool)
    if is_value and 0 < part < len(label_names):
        return part
    if isinstance(part, str) and part in label_names[1:]:
        return list(label_names).index(part, 1)
    return None


def listed_labels(label_names: Sequence[str]) -> str:
    """Return all labels with their values, for a message.

    Args:
        label_names: names of the labels, index = value, the background first.

    Returns:
        str.

    Example:
        >>> listed_labels(("background", "liver", "lesion"))
        '1 liver, 2 lesion'
    """
    return ", ".join(f"{value} {name}" for value, name in enumerate(label_names) if value)
