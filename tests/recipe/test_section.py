from typing import ClassVar

import pytest
from pydantic import ValidationError

from kseg.recipe.section import Section, parse_duration, parse_size


class Shape(Section):
    choices: ClassVar = {"name": {"disc": {"radius": 2.0}, "point": {}}}
    name: str = "disc"
    radius: float | None = None


def test_a_choice_brings_its_defaults_and_refuses_the_keys_of_others():
    assert Shape().radius == 2.0
    assert Shape(name="point").unread_keys() == {"radius"}
    with pytest.raises(ValidationError, match="is not read by `point`"):
        Shape(name="point", radius=1.0)


@pytest.mark.parametrize("value", ["1", True, float("nan"), float("inf")])
def test_scalars_are_strict_and_finite(value):
    with pytest.raises(ValidationError):
        Shape(radius=value)


@pytest.mark.parametrize(
    "text", ["", "20", "m", "-1m", "1 m", "1d", "0s", "1e3s", "nanh", "\u0661m"]
)
def test_texts_that_are_no_duration_are_refused(text):
    with pytest.raises(ValueError, match="must be a duration"):
        parse_duration(text)


def test_units_are_seconds_and_powers_of_1024():
    assert (parse_duration("90s"), parse_duration("0.5m")) == (90.0, 30.0)
    assert (parse_size("1K"), parse_size("1.5G")) == (1024, 3 * 2**29)
