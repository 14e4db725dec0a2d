"""One epoch as a row of the history and as a line for a person."""

import math
from collections.abc import Mapping


def plain_numbers(logs: Mapping[str, object]) -> dict[str, float | None]:
    """Return numbers that JSON can hold; a metric without a value is left blank.

    Args:
        logs: numbers or scalar tensors by name.

    Returns:
        Dict of floats, None for what is not finite.

    Example:
        >>> plain_numbers({"loss": 0.5, "patch_dice": math.nan})
        {'loss': 0.5, 'patch_dice': None}
    """
    numbers = {name: float(value) for name, value in logs.items()}
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


def epoch_line(row: Mapping[str, object], total_steps: int, score: str) -> str:
    """Return what a person is told of an epoch.

    Args:
        row: its row of the history.
        total_steps: int, steps of the whole training.
        score: str, the column of the validation's score.

    Returns:
        str.

    Example:
        >>> row = {"epoch": 2, "step": 200, "loss": 0.5, "val_dice": 0.75, "seconds": 61.0}
        >>> epoch_line(row, 800, "val_dice")
        'epoch 2  step 200/800  loss 0.5000, val_dice 0.7500  (61 s)'
    """
    val = "" if row[score] is None else f", {score} {row[score]:.4f}"
    dice = "" if row.get("patch_dice") is None else f", patch_dice {row['patch_dice']:.4f}"
    return (
        f"epoch {row['epoch']}  step {row['step']}/{total_steps}  loss {row['loss']:.4f}"
        f"{dice}{val}  ({row['seconds']:.0f} s)"
    )
