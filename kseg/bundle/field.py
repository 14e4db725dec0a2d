"""A field of `model.json`: a value and its name, asked for what it must be."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

Read = TypeVar("Read")

# Far more than the name of any organ; a whole file would not pass for one.
LONGEST_TEXT = 1000


@dataclass(frozen=True)
class Field:
    """A value that a stranger wrote, and where it stands.

    Each method returns the value as what its name says.

    Args:
        value: what stands in the file.
        name: str, the keys that lead to it, with dots; empty for the whole file.

    Raises:
        ValueError: naming the field, by each method, if the value is not what it must be.

    Example:
        >>> Field(2, "predict.overlap").number(0, 0.9)
        Traceback (most recent call last):
            ...
        ValueError: `predict.overlap` must be a number from 0 to 0.9. Received: 2.
    """

    value: object
    name: str = ""

    def keys(self, *known: str) -> dict[str, "Field"]:
        """Return the fields of a mapping that has exactly these keys."""
        if not isinstance(self.value, dict):
            raise self.wrong("a mapping")
        missing = [key for key in known if key not in self.value]
        if missing:
            raise ValueError(f"`{self._below(missing[0])}` must be there. Received: nothing.")
        unread = [key for key in self.value if key not in known]
        if unread:
            raise ValueError(
                f"`{self._below(f'{unread[0]!r:.60}')}` must not be there: kseg reads no such key."
            )
        return {key: Field(self.value[key], self._below(key)) for key in known}

    def entries(self, least: int, most: int) -> list["Field"]:
        """Return the entries of a list."""
        if not isinstance(self.value, list) or not least <= len(self.value) <= most:
            number = most if least == most else f"{least} to {most}"
            raise self.wrong(f"a list of {number} entries")
        return [Field(item, self._below(str(index))) for index, item in enumerate(self.value)]

    def text(self) -> str:
        """Return a text that can be written to any file."""
        fits = isinstance(self.value, str) and len(self.value) <= LONGEST_TEXT
        if not fits or any("\ud800" <= sign <= "\udfff" for sign in self.value):
            raise self.wrong(f"a text of at most {LONGEST_TEXT} characters")
        return self.value

    def word(self, among: Collection[str]) -> str:
        """Return one of some words."""
        if not isinstance(self.value, str) or self.value not in among:
            raise self.wrong(f"one of {', '.join(among)}")
        return self.value

    def flag(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        is_whole = isinstance(self.value, int) and not isinstance(self.value, bool)
        if not is_whole or not low <= self.value <= high:
            raise self.wrong(f"a whole number from {low} to {high}")
        return self.value

    def number(self, low: float, high: float) -> float:
        """Return a number from `low` to `high`."""
        is_number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if not is_number or not low <= self.value <= high:
            raise self.wrong(f"a number from {low:g} to {high:g}")
        return float(self.value)

    def or_none(self, read: Callable[["Field"], Read]) -> Read | None:
        """Return what `read` makes of the field, or None for null."""
        return None if self.value is None else read(self)

    def wrong(self, must: str) -> ValueError:
        """Return the error that says what the field must be."""
        name = f"`{self.name}`" if self.name else "the description"
        return ValueError(f"{name} must be {must}. Received: {self.value!r:.200}.")

    def _below(self, key: str) -> str:
        # A key is a stranger's, too: its control characters must reach no terminal.
        shown = key if key.isprintable() else repr(key)
        return f"{self.name}.{shown:.100}" if self.name else f"{shown:.100}"
