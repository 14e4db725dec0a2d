"""Labels that a network had learnt to find and then lost."""

from collections.abc import Mapping, Sequence


def collapsed_labels(
    history: Sequence[Mapping[str, object]], scores: Mapping[str, float | None], score: str
) -> dict[str, tuple[int, float]]:
    """Return the labels whose validation score fell to 0 after it had risen.

    Args:
        history: rows of the epochs before.
        scores: scores of the newest validation by column.
        score: str, the column of the mean, such as `"val_dice"`; a label's own begins with it.

    Returns:
        Dict from label to the epoch of its best score and that score. A label whose last score was
        0 already has been told of.

    Example:
        >>> before = [{"epoch": 3, "val_dice_liver": 0.6}]
        >>> collapsed_labels(before, {"val_dice_liver": 0.0}, "val_dice")
        {'liver': (3, 0.6)}
    """
    found = {}
    for column, value in scores.items():
        if value != 0 or not column.startswith(f"{score}_"):
            continue
        earlier = [(row[column], row["epoch"]) for row in history if row.get(column) is not None]
        if earlier and earlier[-1][0] > 0:
            best, epoch = max(earlier)
            found[column.removeprefix(f"{score}_")] = (epoch, best)
    return found
