"""What a search makes as large or as small as it can, as a recipe tells it."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from kseg.recipe.section import Section

_OBJECTIVE_KEYS = {"metric", "direction"}


class ObjectiveSection(Section):
    """What a search makes as large or as small as it can."""

    metric: str = Field(
        min_length=1, examples=["val_dice"], description="Column of the results, such as val_dice."
    )
    direction: Literal["max", "min"] = Field(description="Whether more or less of it is better.")


Objective = Annotated[
    Annotated[ObjectiveSection, Tag("metric")]
    | Annotated[dict[str, float], Field(min_length=1), Tag("weights")],
    Discriminator(lambda value: "metric" if _names_a_metric(value) else "weights"),
    BeforeValidator(lambda value: _whole_objective(value)),
]


def _names_a_metric(value: object) -> bool:
    """Return whether an objective is of the form with a metric and its direction."""
    is_section = isinstance(value, ObjectiveSection)
    return is_section or (isinstance(value, Mapping) and bool(_OBJECTIVE_KEYS & value.keys()))


def is_another_objective(upper: Mapping, lower: Mapping) -> bool:
    """Return whether one objective, as it was written, names something else than the other.

    Example:
        >>> below = {"metric": "val_dice", "direction": "max"}
        >>> is_another_objective({"metric": "loss"}, below)
        True
        >>> is_another_objective({"direction": "min"}, below)
        False
    """
    if _names_a_metric(upper) != _names_a_metric(lower):
        return True
    return upper.get("metric", lower.get("metric")) != lower.get("metric")


def _whole_objective(value: object) -> object:
    """Say in words what an objective lacks: of two forms pydantic tells that none fits."""
    if not isinstance(value, Mapping):
        return value
    if not _names_a_metric(value):
        wrong = [key for key, weight in value.items() if type(weight) not in (int, float)]
        if wrong:
            raise ValueError(f"must have a number as weight of each metric; `{wrong[0]}` has none")
        return value
    told = [f"`{key}` is missing" for key in sorted(_OBJECTIVE_KEYS - value.keys())]
    told += [f"`{key}` is no key of it" for key in value if key not in _OBJECTIVE_KEYS]
    if not isinstance(value.get("metric", ""), str):
        told.append("`metric` is no text")
    if value.get("direction", "max") not in ("max", "min"):
        told.append("`direction` is neither max nor min")
    if told:
        raise ValueError(f"must have a metric and its direction, but {' and '.join(told)}")
    return value
