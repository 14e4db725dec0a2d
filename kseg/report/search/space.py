"""What a search was allowed to change: one key of the recipe, and the values that it may take."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kseg.recipe import write_flow

# More whole numbers than this are looked at in quarters, as other ranges are.
MOST_NAMED = 8
_QUARTERS = 4
# A value this near to the end of its range, as a share of it, lies at the end.
_EDGE = 0.02
_NUMBERS = ("int", "float")


@dataclass(frozen=True)
class Dimension:
    """One key of the space of a search.

    Args:
        key: str, dotted path in the recipe.
        kind: str, `"int"`, `"float"` or `"choice"`; another word where the form is not known.
        low: float, smallest value of a range; NaN where it is none.
        high: float, largest value of a range.
        choices: tuple of str, as a table of trials writes them; empty where it is a range.
        is_log: bool, the range is searched by its decades.
        when: tuple of (key, values), what must hold for this key to be read.
    """

    key: str
    kind: str
    low: float = math.nan
    high: float = math.nan
    choices: tuple[str, ...] = ()
    is_log: bool = False
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def from_dict(cls, key: str, entry: Mapping) -> "Dimension":
        """Return the dimension that an entry of the space stands for.

        Args:
            key: str, dotted path in the recipe.
            entry: mapping, such as `{"float": [1e-4, 1e-1], "scale": "log"}`.

        Returns:
            `Dimension`.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: if it is no such entry.

        Example:
            >>> Dimension.from_dict("model.depth", {"int": [3, 5]}).searched
            '3 to 5, whole numbers'
        """
        is_log = entry.get("scale") == "log"
        when = tuple(
            (str(parent), tuple(map(write_value, value if isinstance(value, list) else [value])))
            for parent, value in entry.get("when", {}).items()
        )
        for kind in _NUMBERS:
            if kind in entry:
                low, high = map(float, entry[kind])
                if not (math.isfinite(low) and low <= high < math.inf and (low > 0 or not is_log)):
                    raise ValueError(f"{key}: it is no range: {entry[kind]}")
                return cls(key, kind, low, high, is_log=is_log, when=when)
        if "choice" in entry:
            return cls(key, "choice", choices=tuple(map(write_value, entry["choice"])), when=when)
        kind = str(next((name for name in entry if name not in ("scale", "when")), ""))
        choices = ("true", "false") if kind == "bool" else ()
        return cls(key, "choice" if choices else kind, choices=choices, when=when)

    @property
    def searched(self) -> str:
        """Which values it may take, in words."""
        if self.kind in _NUMBERS:
            words = f"{self.low:g} to {self.high:g}"
            words += ", whole numbers" if self.kind == "int" else ""
            words += ", by decades" if self.is_log else ""
        else:
            words = _either(self.choices) or self.kind
        if self.when:
            conditions = (f"{parent} is {_either(values)}" for parent, values in self.when)
            words += f"; only where {' and '.join(conditions)}"
        return words

    @property
    def is_number(self) -> bool:
        """Whether its values lie on a scale."""
        return self.kind in _NUMBERS

    def read(self, text: str) -> str:
        """Return a cell of the table of trials as this space writes the value.

        A column with gaps turns whole numbers to fractions, and true is written as Python does.

        Args:
            text: str, a cell that is not empty.

        Returns:
            str.

        Example:
            >>> Dimension("filters", "choice", choices=("16", "32")).read("16.0")
            '16'
            >>> Dimension("flip", "choice", choices=("true", "false")).read("True")
            'true'
        """
        text = {"True": "true", "False": "false", "None": "null"}.get(text, text)
        number = as_number(text)
        if self.kind == "int" and number.is_integer():
            return f"{number:.0f}"
        equal = (choice for choice in self.choices if as_number(choice) == number)
        return text if text in self.choices else next(equal, text)

    def untried(self, values: Sequence[str]) -> str:
        """Return what of the allowed values is not among these, in words.

        Args:
            values: texts of a table of trials.

        Returns:
            str; empty where every choice, whole number or quarter of the range was tried.

        Example:
            >>> Dimension("model.depth", "int", 3, 5).untried(["3", "4"])
            '5'
            >>> Dimension("rate", "float", 0.001, 10, is_log=True).untried(["0.002", "4"])
            '0.01 to 1'
        """
        if not self.is_number:
            return _either([name for name in self.choices if name not in values])
        numbers = [number for number in map(as_number, values) if not math.isnan(number)]
        if self.kind == "int" and self.high - self.low < MOST_NAMED:
            allowed = range(math.ceil(self.low), math.floor(self.high) + 1)
            return _either([str(whole) for whole in allowed if whole not in numbers])
        places = [self.place(number) for number in numbers]
        found = {min(int(_QUARTERS * place), _QUARTERS - 1) for place in places if 0 <= place <= 1}
        gaps: list[list[int]] = []
        for quarter in range(_QUARTERS) if self.low < self.high else ():
            if quarter in found:
                continue
            if gaps and gaps[-1][1] == quarter:
                gaps[-1][1] = quarter + 1
            else:
                gaps.append([quarter, quarter + 1])
        return _either([f"{self._at(a):.3g} to {self._at(b):.3g}" for a, b in gaps])

    def edge(self, value: str) -> str:
        """Return at which end of its range a value lies, in words; empty for one within.

        Example:
            >>> Dimension("schedule.decay_rate", "float", 0.5, 0.99).edge("0.985")
            'upper end of its range'
        """
        number = as_number(value)
        if not self.is_number or math.isnan(number) or self.low == self.high:
            return ""
        place = self.place(number)
        if _EDGE < place < 1 - _EDGE:
            return ""
        return f"{'lower' if place <= _EDGE else 'upper'} end of its range"

    def place(self, number: float) -> float:
        """Return where a number lies in the range: 0 at its low end, 1 at its high end."""
        if self.low == self.high:
            return 0.0 if number == self.low else math.nan
        if self.is_log:
            return math.log(max(number, 1e-300) / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)

    def _at(self, quarter: int) -> float:
        share = quarter / _QUARTERS
        if self.is_log:
            return self.low * (self.high / self.low) ** share
        return self.low + share * (self.high - self.low)


def write_value(value: object) -> str:
    """Return a value of a recipe as a recipe writes it, without quotes around words.

    Example:
        >>> [write_value(value) for value in (True, 0.5, [3, 2, 2], "poly", None)]
        ['true', '0.5', '[3, 2, 2]', 'poly', 'null']
    """
    return value if isinstance(value, str) else write_flow(value)


def as_number(text: str) -> float:
    """Return a text as a number; NaN for what is none.

    Example:
        >>> as_number("1e-3"), as_number("poly")
        (0.001, nan)
    """
    try:
        return float(text)
    except ValueError:
        return math.nan


def _either(names: Sequence[str]) -> str:
    names = list(names)
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
