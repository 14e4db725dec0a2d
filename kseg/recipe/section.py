"""What all sections of a recipe share: strictness, units, and checks between several keys."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

SECONDS = {"s": 1, "m": 60, "h": 3600}
BYTES = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def parse_duration(text: str) -> float:
    """Turn a duration into seconds.

    Args:
        text: str, a number and a unit: `s`, `m` or `h`.

    Returns:
        float, seconds.

    Raises:
        ValueError: if the text is no duration above zero.

    Example:
        >>> parse_duration("1.5h")
        5400.0
    """
    return _parse_quantity(text, SECONDS, "a duration above zero such as 90s, 20m or 1.5h")


def parse_size(text: str) -> int:
    """Turn a size of memory into bytes.

    Args:
        text: str, a number and a unit: `K`, `M`, `G` or `T`, powers of 1024.

    Returns:
        int, bytes.

    Raises:
        ValueError: if the text is no size above zero.

    Example:
        >>> parse_size("4G")
        4294967296
    """
    return int(_parse_quantity(text, BYTES, "a size above zero such as 500M or 4G"))


def _parse_quantity(text: str, units: Mapping[str, int], form: str) -> float:
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)([A-Za-z])", text)
    if match is None or match[2] not in units or float(match[1]) <= 0:
        raise ValueError(f"must be {form}. Received: {text!r}.")
    return float(match[1]) * units[match[2]]


def _checked(parse):
    def keep_text(text: str) -> str:
        parse(text)
        return text

    return AfterValidator(keep_text)


def _is_ordered(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        raise ValueError("must name the lower end first")
    return value


Duration = Annotated[
    str, _checked(parse_duration), Field(json_schema_extra={"examples": ["90s", "20m", "1.5h"]})
]
Size = Annotated[str, _checked(parse_size), Field(json_schema_extra={"examples": ["500M", "4G"]})]
Probability = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Range = Annotated[
    tuple[Positive, Positive], AfterValidator(_is_ordered), Field(examples=[[0.7, 1.4]])
]


@dataclass(frozen=True)
class Conflict:
    """Keys of one recipe that are each right and do not fit together.

    Args:
        key: tuple of str, path of the key to change, from the section that reports it.
        must: str, what must hold.
        received: the value that was found.
        advice: str, what to write instead.
        related: tuple of paths of the other keys that take part.
    """

    key: tuple[str, ...]
    must: str
    received: object
    advice: str
    related: tuple[tuple[str, ...], ...] = ()


class Section(BaseModel):
    """A frozen part of a recipe that refuses unknown keys and values of another type.

    Children may define `conflicts`, which yields what does not fit together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    # Keys that only some choices read, and their defaults: {"name": {"poly": {"power": 0.9}}}.
    choices: ClassVar[Mapping[str, Mapping[str, Mapping[str, Any]]]] = {}
    # Keys of which exactly one holds.
    alternatives: ClassVar[tuple[str, ...]] = ()
    # For some of these the keys that they do not read, though another one does.
    not_read_by: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    # Keys of which one mapping may replace another whole, and the function of both (values as they
    # were written) that tells whether it does.
    replacing: ClassVar[Mapping[str, Callable[[Mapping, Mapping], bool]]] = {}

    @model_validator(mode="before")
    @classmethod
    def _fill_choice_defaults(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        filled = dict(data)
        for selector, readers in cls.choices.items():
            chosen = data.get(selector, cls.model_fields[selector].default)
            defaults = readers.get(chosen, {}) if isinstance(chosen, str) else {}
            filled.update({k: v for k, v in defaults.items() if data.get(k) is None})
        return filled

    @model_validator(mode="after")
    def _check_conflicts(self):
        found = tuple(self.conflicts())
        if found:
            raise PydanticCustomError(
                "conflict", "{text}", {"text": _sentence(found), "conflicts": found}
            )
        return self

    def conflicts(self) -> Iterator[Conflict]:
        """Yield what does not fit together; a section with free keys yields nothing."""
        yield from self.unread_conflicts()

    def unread_conflicts(self) -> Iterator[Conflict]:
        """Yield the keys that were given and that the chosen names do not read, each once."""
        told: set[str] = set()
        for selector in self.choices:
            unread = self.keys_not_read(selector, getattr(self, selector))
            for key in sorted(unread - told):
                yield from self._unread_conflict(key, selector)
            told |= unread
        for key in sorted(self.unread_keys() - told):
            yield from self._unread_conflict(key, next(iter(self.choices)))

    def _unread_conflict(self, key: str, selector: str) -> Iterator[Conflict]:
        value = getattr(self, key)
        if value is not None:
            names = [name for name, keys in self.choices[selector].items() if key in keys]
            is_section = isinstance(value, Section)
            other = f", or choose `{selector}: {' or '.join(names)}`" if names else ""
            yield Conflict(
                key=(key,),
                must=f"is not read by `{getattr(self, selector)}`",
                # As it was written: of a section the reader knows no more.
                received=value.model_dump(exclude_unset=True) if is_section else value,
                advice=f"Remove it{other}.",
                related=((selector,),),
            )

    def unread_keys(self) -> frozenset[str]:
        """Return the keys that the chosen name does not read."""
        return frozenset(
            key
            for selector, readers in self.choices.items()
            for key in self.keys_not_read(selector, getattr(self, selector))
        )

    @classmethod
    def keys_not_read(cls, selector: str, chosen: object) -> frozenset[str]:
        """Return the keys that belong to other choices of `selector` than `chosen`."""
        readers = cls.choices[selector]
        every = {key for keys in readers.values() for key in keys}
        return frozenset(every.difference(readers.get(chosen, {})))


def _sentence(found: tuple[Conflict, ...]) -> str:
    return "; ".join(f"`{'.'.join(c.key)}` {c.must}. {c.advice}" for c in found)
