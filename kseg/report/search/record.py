"""What a search was, before any trial: its `search.json`, read."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from kseg.report.search.space import Dimension, write_value

# A file of a later form may mean something else by the same words.
FORMAT = 1
DIRECTIONS = ("max", "min")


@dataclass(frozen=True)
class SearchRecord:
    """What `search.json` tells.

    Args:
        name: str, name of the recipe.
        oracle: str, how the next values were chosen.
        metrics: mapping from the name of a metric to its weight in the score.
        direction: str, `"max"` or `"min"`.
        seed: str; empty where none is written.
        space: tuple of `Dimension`.
        former: tuple of str, keys that some trials have and the space has no more.
        base: mapping from a key of either to the base recipe's value as text, without
            the keys that it does not read.
        trial: mapping from a key to the value that all trials took instead of the recipe's.
        accepted: tuple of str, changes that the search went on with.
        phantom: bool, the scans are synthetic.
        data: str, what was trained on, in words.
        budget_seconds: float; NaN without a budget.
        spent_seconds: float; NaN where it is not known.
        kseg: str, version.
        ended: str, why the search ended; empty while it has not.
    """

    name: str
    oracle: str
    metrics: Mapping[str, float]
    direction: str
    seed: str
    space: tuple[Dimension, ...]
    former: tuple[str, ...]
    base: Mapping[str, str]
    trial: Mapping[str, str]
    accepted: tuple[str, ...]
    phantom: bool
    data: str
    budget_seconds: float
    spent_seconds: float
    kseg: str
    ended: str

    @classmethod
    def from_dict(cls, content: Mapping) -> "SearchRecord":
        """Return the record that the content of `search.json` stands for.

        Args:
            content: mapping.

        Returns:
            `SearchRecord`.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: if it is no such record.
        """
        if content["format"] != FORMAT:
            raise ValueError(f"this kseg reads format {FORMAT}, and it is {content['format']!r}")
        objective = content["objective"]
        if objective["direction"] not in DIRECTIONS:
            raise ValueError(f"direction must be max or min, and it is {objective['direction']!r}")
        space = {str(key): Dimension.from_dict(str(key), v) for key, v in content["space"].items()}
        return cls(
            name=str(content["name"]),
            oracle=str(content["oracle"]),
            metrics={str(name): float(part) for name, part in objective["metrics"].items()},
            direction=objective["direction"],
            seed=_text(content.get("seed")),
            space=tuple(space.values()),
            former=tuple(map(str, content.get("former", ()))),
            base={str(k): _read(space.get(str(k)), v) for k, v in content["base"].items()},
            trial={str(key): _text(value) for key, value in content.get("trial", {}).items()},
            accepted=tuple(map(str, content.get("accepted", ()))),
            phantom=bool(content["phantom"]),
            data=str(content["data"]),
            budget_seconds=_seconds(content.get("budget_seconds")),
            spent_seconds=_seconds(content.get("spent_seconds")),
            kseg=str(content["kseg"]),
            ended=_text(content.get("ended")),
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys by which trials differ."""
        return (*(dimension.key for dimension in self.space), *self.former)

    @property
    def is_max(self) -> bool:
        """Whether a higher score is a better one."""
        return self.direction == "max"


def _read(dimension: Dimension | None, value: object) -> str:
    text = write_value(value)
    return text if dimension is None else dimension.read(text)


def _text(value: object) -> str:
    return "" if value is None else write_value(value)


def _seconds(value: object) -> float:
    return math.nan if value is None else float(value)
