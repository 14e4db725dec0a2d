import pytest

from kseg.schedules import (
    OneCycle,
    WarmupConstant,
    WarmupCosine,
    WarmupExponential,
    WarmupPolynomial,
    build,
)

COMMON = {"learning_rate": 0.1, "steps_per_epoch": 50, "total_steps": 1000, "warmup_steps": 3}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("constant", WarmupConstant),
        ("cosine", WarmupCosine),
        ("exponential", WarmupExponential),
        ("poly", WarmupPolynomial),
    ],
)
def test_a_name_gives_its_schedule(name, kind):
    schedule = build(name, **COMMON)
    assert type(schedule) is kind
    assert (schedule.learning_rate, schedule.warmup_steps) == (0.1, 3)


def test_one_cycle_takes_its_own_rise_in_place_of_the_warm_up():
    numbers = {"rise_share": 0.5, "start_factor": 3.0, "final_factor": 7.0, "curve": "linear"}
    schedule = build("one_cycle", **COMMON, **numbers)
    assert type(schedule) is OneCycle
    assert schedule.get_config() == {"learning_rate": 0.1, "total_steps": 1000, **numbers}
    assert schedule.warmup_steps == 0


def test_arguments_reach_the_schedules_that_read_them():
    staircase = build("exponential", **COMMON, decay_rate=0.8, decay_every_epochs=2)
    assert (staircase.decay_steps, staircase.decay_rate, staircase.staircase) == (100, 0.8, True)
    assert build("exponential", **COMMON, decay_every_steps=7).decay_steps == 7
    assert build("exponential", **COMMON, decay_every_epochs=0.001).decay_steps == 1
    poly = build("poly", **COMMON, power=2.0)
    assert (poly.total_steps, poly.power) == (1000, 2.0)
    assert build("cosine", **COMMON).total_steps == 1000


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(
        ValueError, match="cosine, exponential, one_cycle, poly. Received: name=lin"
    ):
        build("lin", **COMMON)
