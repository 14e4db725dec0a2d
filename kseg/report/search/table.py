"""Read a table of a search: every row whole, every number a number, or say what is wrong."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from kseg.report.run_files import damaged

FIX = "restore the file from a copy, or run the same `kseg tune` again, which writes it anew"


def read_table(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a table of comma-separated values.

    Args:
        path: path of the table.
        needed: names of columns that it must have if it has any row.

    Returns:
        list of dict from column to text.

    Raises:
        RunFolderError: if it is no such table.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise damaged(path, str(error), FIX) from error
    # A table of nothing has no columns either.
    missing = [name for name in needed if rows and name not in rows[0]]
    if missing:
        raise damaged(path, f"it has no column {missing[0]!r}", FIX)
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise damaged(path, f"row {number} has more or fewer cells than the heading", FIX)
    return rows


def to_float(text: str) -> float:
    """Return a cell as a number; an empty one is NaN.

    Raises:
        ValueError: if it is no number.

    Example:
        >>> to_float("0.5"), to_float("")
        (0.5, nan)
    """
    return float(text) if text else math.nan


def to_int(text: str) -> int:
    """Return a cell as a whole number; a table with gaps may write it as `3.0`.

    Raises:
        ValueError: if it is no whole number.

    Example:
        >>> to_int("3"), to_int("3.0")
        (3, 3)
    """
    number = float(text)
    if not number.is_integer():
        raise ValueError(f"it must be a whole number, and it is {text!r}")
    return int(number)


def to_bool(text: str) -> bool:
    """Return a cell as true or false, in the spelling of YAML or of Python.

    Raises:
        ValueError: if it is neither.

    Example:
        >>> to_bool("true"), to_bool("False")
        (True, False)
    """
    words = {"true": True, "false": False}
    if text.lower() not in words:
        raise ValueError(f"it must be true or false, and it is {text!r}")
    return words[text.lower()]
