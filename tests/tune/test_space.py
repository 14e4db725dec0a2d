import keras_tuner
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kseg.recipe import ParameterSection
from kseg.tune.space import hyperparameters, place_of, value_at, values_of, within

LAW = ParameterSection(choice=("poly", "exponential"))
RATE = ParameterSection(float=(0.5, 0.9), when={"schedule.name": "exponential"})
STAIRS = ParameterSection(bool=True, when={"schedule.name": "exponential"})
EVERY = ParameterSection(int=(1, 4), when={"schedule.staircase": True})
SPACE = {
    "schedule.decay_every_epochs": EVERY,
    "schedule.staircase": STAIRS,
    "schedule.decay_rate": RATE,
    "schedule.name": LAW,
    "patches.size": ParameterSection(choice=((32, 48, 32), (48, 48, 48))),
    "loss.dice.weight": ParameterSection(choice=(0.5, 1, 2)),
    "fit.ema": ParameterSection(choice=(0.9, "none")),
    "optimizer.learning_rate": ParameterSection(float=(1e-4, 1e-1), scale="log"),
    "model.filters": ParameterSection(int=(8, 32), step=8),
}


def proposals(count=200):
    oracle = keras_tuner.oracles.RandomSearchOracle(
        keras_tuner.Objective("score", "max"), hyperparameters=hyperparameters(SPACE, {}), seed=3
    )
    return [oracle._random_values() for _ in range(count)]


def test_parents_are_declared_before_their_children_in_whatever_order_they_are_written():
    names = [hp.name for hp in hyperparameters(SPACE, {}).space]
    assert names.index("schedule.name") < names.index("schedule.staircase")
    assert names.index("schedule.staircase") < names.index("schedule.decay_every_epochs")
    assert set(names) == set(SPACE)


def test_a_key_is_there_exactly_when_its_conditions_and_those_of_its_parents_hold():
    for proposed in proposals():
        values = values_of(SPACE, proposed)
        is_exponential = values["schedule.name"] == "exponential"
        assert ("schedule.decay_rate" in values) == is_exponential
        stairs = is_exponential and values["schedule.staircase"]
        assert ("schedule.decay_every_epochs" in values) == stairs


def test_values_come_in_the_recipes_own_kinds_and_within_their_ranges():
    for proposed in proposals():
        values = values_of(SPACE, proposed)
        assert values["patches.size"] in ((32, 48, 32), (48, 48, 48))
        assert values["loss.dice.weight"] in (0.5, 1, 2)
        assert values["fit.ema"] in (0.9, "none")
        assert 1e-4 <= values["optimizer.learning_rate"] <= 1e-1
        assert values["model.filters"] in (8, 16, 24, 32)


def test_all_values_of_a_range_and_of_a_choice_are_proposed():
    values = [values_of(SPACE, proposed) for proposed in proposals()]
    assert {v["model.filters"] for v in values} == {8, 16, 24, 32}
    assert {v["loss.dice.weight"] for v in values} == {0.5, 1, 2}
    stairs = [v["schedule.decay_every_epochs"] for v in values if v.get("schedule.staircase")]
    assert set(stairs) == {1, 2, 3, 4}
    decades = [v["optimizer.learning_rate"] < 1e-3 for v in values]
    assert 40 < sum(decades) < 95  # a third, for the scale is logarithmic


RATE_LOG = SPACE["optimizer.learning_rate"]


@given(st.floats(0, 1))
def test_a_float_has_four_digits_and_stays_in_its_range(place):
    value = value_at(RATE_LOG, place)
    assert 1e-4 <= value <= 1e-1 and float(f"{value:.4g}") == value
    assert place_of(RATE_LOG, value) == pytest.approx(place, abs=1e-3)


@given(
    st.integers(1, 500), st.integers(1, 500), st.floats(0, 1), st.sampled_from(["log", "linear"])
)
def test_a_whole_number_stays_in_its_range_whatever_the_scale(low, more, share, scale):
    parameter = ParameterSection(int=(low, low + more), scale=scale)
    place = share if scale == "log" else round(share * more)
    value = value_at(parameter, place)
    assert type(value) is int and low <= value <= low + more
    assert value_at(parameter, place_of(parameter, value)) == value


@pytest.mark.parametrize(
    "choice",
    [
        ("a", "b"),
        (1, 2),
        (0.5, 1),
        (True, 1, "1"),
        ((1, 2), (3, 4)),
        ((1, 2), "none"),
        (None, 12),
        (((3, 3), (1, 3)), None),
    ],
)
def test_every_choice_comes_back_as_it_was(choice):
    parameter = ParameterSection(choice=choice)
    for item in choice:
        back = value_at(parameter, place_of(parameter, item))
        assert back == item and type(back) is type(item)


def test_a_range_with_steps_has_its_end():
    tenths = ParameterSection(float=(0.0, 0.6), step=0.2)
    assert [value_at(tenths, place) for place in range(4)] == [0.0, 0.2, 0.4, 0.6]


def test_the_base_is_a_proposal_where_all_its_values_lie_in_the_space():
    base = {
        "schedule.name": "poly", "patches.size": (32, 48, 32), "loss.dice.weight": 1.0,
        "fit.ema": 0.9, "optimizer.learning_rate": 0.004, "model.filters": 16,
    }  # fmt: skip
    proposed = within(SPACE, base)
    assert values_of(SPACE, proposed) == base
    assert "schedule.decay_rate" not in proposed
    assert within(SPACE, base | {"model.filters": 33}) is None
    # Its own law asks for keys that it does not have.
    assert within(SPACE, base | {"schedule.name": "exponential"}) is None


def test_null_in_the_base_is_a_value_and_a_key_that_it_does_not_have_is_none():
    space = {
        "schedule.name": LAW,
        "fit.ema": ParameterSection(choice=(0.9, None)),
        "schedule.power": ParameterSection(choice=(None, 0.8), when={"schedule.name": "poly"}),
        "fit.seed": ParameterSection(int=(1, 3), when={"fit.ema": None}),
    }
    base = {"schedule.name": "exponential", "fit.ema": None, "fit.seed": 2}
    proposed = within(space, base)
    assert values_of(space, proposed) == base
    assert within(space, base | {"schedule.name": "poly"}) is None
    assert within(space, {"schedule.name": "exponential"}) is None
    assert {hp.name: hp.default for hp in hyperparameters(space, base).space} == {
        "schedule.name": 1, "fit.ema": 1, "schedule.power": 0, "fit.seed": 1,
    }  # fmt: skip


def test_a_wide_range_takes_neither_time_nor_memory():
    wide = ParameterSection(int=(0, 2**31 - 1))
    assert value_at(wide, 2**31 - 1) == 2**31 - 1 and place_of(wide, 7) == 7
    assert place_of(wide, True) is None and place_of(wide, 7.5) is None
