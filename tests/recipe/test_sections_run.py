import pytest
from pydantic import ValidationError

from kseg.recipe import FitSection, OptimizerSection, ScheduleSection


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "must be given"),
        ({"steps": 1, "epochs": 1}, "only one"),
        ({"budget": "20m", "steps": 1, "epochs": 1}, "only one"),
        ({"budget": "0s"}, "above zero"),
        ({"budget": "20 min"}, "such as 90s"),
        ({"steps": 0}, "greater than or equal to 1"),
    ],
)
def test_exactly_one_sound_length_must_be_given(values, message):
    with pytest.raises(ValidationError) as caught:
        FitSection(**values)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("values", "kind", "seconds"),
    [
        ({"budget": "1.5h"}, "budget", 5400),
        ({"steps": 3}, "steps", None),
        ({"epochs": 3}, "epochs", None),
    ],
)
def test_the_length_says_its_kind(values, kind, seconds):
    fit = FitSection(**values)
    assert (fit.length_kind, fit.budget_seconds) == (kind, seconds)


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        (OptimizerSection, {"momentum": 0.9}, "choose `name: sgd`"),
        (ScheduleSection, {"name": "cosine", "power": 0.9}, "choose `name: poly`"),
        (ScheduleSection, {"name": "cosine", "staircase": False}, "choose `name: exponential`"),
    ],
)
def test_keys_that_the_chosen_name_does_not_read_are_refused(section, values, message):
    with pytest.raises(ValidationError) as caught:
        section(**values)
    assert message in str(caught.value)


def test_the_chosen_name_brings_the_defaults_of_its_own_keys():
    assert OptimizerSection(name="sgd").momentum == 0.99
    schedule = ScheduleSection(name="exponential", decay_rate=0.5)
    assert (schedule.decay_rate, schedule.staircase, schedule.power) == (0.5, True, None)
