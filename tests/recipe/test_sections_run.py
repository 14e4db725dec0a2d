import pytest
from pydantic import ValidationError

from kseg.recipe import FitSection, OptimizerSection, ScheduleSection, load_recipe
from tests.recipe.helpers import BASE, write


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
        (OptimizerSection, {"name": "sgd", "epsilon": 1e-8}, "choose `name: adamw or adam`"),
        (OptimizerSection, {"epsilon": 0.0}, "greater than 0"),
        (ScheduleSection, {"name": "cosine", "power": 0.9}, "choose `name: poly`"),
        (ScheduleSection, {"name": "cosine", "staircase": False}, "choose `name: exponential`"),
        (ScheduleSection, {"name": "poly", "rise_share": 0.5}, "choose `name: one_cycle`"),
        (ScheduleSection, {"name": "one_cycle", "warmup_steps": 9}, "is not read by `one_cycle`"),
        (
            ScheduleSection,
            {"name": "exponential", "decay_every_epochs": 2, "decay_every_steps": 9},
            "cannot be given beside `schedule.decay_every_epochs`",
        ),
    ],
)
def test_keys_that_the_chosen_name_does_not_read_are_refused(section, values, message):
    with pytest.raises(ValidationError) as caught:
        section(**values)
    assert message in str(caught.value)


def test_the_chosen_name_brings_the_defaults_of_its_own_keys():
    assert OptimizerSection(name="sgd").momentum == 0.99
    assert OptimizerSection(name="sgd").epsilon is None
    assert OptimizerSection().epsilon == OptimizerSection(name="adam").epsilon == 1e-7
    schedule = ScheduleSection(name="exponential", decay_rate=0.5)
    assert (schedule.decay_rate, schedule.staircase, schedule.power) == (0.5, True, None)
    assert schedule.decay_every_epochs == 5.0
    cycle = ScheduleSection(name="one_cycle", curve="linear").model_dump(exclude_none=True)
    assert cycle == {
        "name": "one_cycle",
        "rise_share": 0.3,
        "start_factor": 25.0,
        "final_factor": 10_000.0,
        "curve": "linear",
    }


@pytest.mark.parametrize("name", ["exponential", "poly", "cosine", "constant"])
def test_laws_without_a_rise_of_their_own_warm_up(name):
    assert ScheduleSection(name=name).warmup_steps == 50
    assert ScheduleSection(name=name, warmup_steps=0).warmup_steps == 0


def test_a_decay_in_steps_leaves_no_default_in_epochs():
    schedule = ScheduleSection(name="exponential", decay_every_steps=500)
    assert (schedule.decay_every_steps, schedule.decay_every_epochs) == (500, None)
    assert schedule == ScheduleSection(**schedule.model_dump())


@pytest.mark.parametrize(
    "values",
    [{"rise_share": 1.0}, {"start_factor": 0.5}, {"final_factor": 1e7}, {"curve": "square"}],
)
def test_a_cycle_out_of_range_is_refused(values):
    with pytest.raises(ValidationError):
        ScheduleSection(name="one_cycle", **values)


def test_a_decay_in_steps_on_a_higher_layer_replaces_the_one_in_epochs(tmp_path):
    path = write(tmp_path, BASE + "schedule: {name: exponential, decay_every_epochs: 2}\n")
    schedule = load_recipe(path, ["schedule.decay_every_steps=9"]).recipe.schedule
    assert (schedule.decay_every_epochs, schedule.decay_every_steps) == (None, 9)


def test_a_cycle_on_a_higher_layer_drops_the_warm_up(tmp_path):
    path = write(tmp_path, BASE + "schedule: {name: poly, warmup_steps: 7}\n")
    schedule = load_recipe(path, ["schedule.name=one_cycle"]).recipe.schedule
    assert (schedule.warmup_steps, schedule.rise_share) == (None, 0.3)
