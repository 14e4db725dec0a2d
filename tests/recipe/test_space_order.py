import pytest
from hypothesis import given
from hypothesis import strategies as st

from kseg.recipe import ParameterSection, conditions, extremes, parents_first, values_listed

A = ParameterSection(bool=True)
B = ParameterSection(bool=True, when={"a": True})
C = ParameterSection(int=(1, 3), when={"b": False})


@given(st.permutations(["a", "b", "c"]))
def test_parents_come_first_in_whatever_order_they_are_written(order):
    space = {"a": A, "b": B, "c": C}
    assert parents_first({key: space[key] for key in order}) == ["a", "b", "c"]


def test_keys_without_conditions_stay_in_their_order():
    assert parents_first({"z": A, "a": A, "m": A}) == ["z", "a", "m"]


def test_a_circle_is_left_out():
    one = ParameterSection(bool=True, when={"two": True})
    two = ParameterSection(bool=True, when={"one": True})
    assert parents_first({"one": one, "a": A, "two": two}) == ["a"]


def test_conditions_of_parents_hold_too():
    assert conditions({"a": A, "b": B, "c": C}, "c") == {"a": True, "b": False}


@pytest.mark.parametrize(
    ("parameter", "listed"),
    [
        ({"int": (2, 5)}, (2, 3, 4, 5)),
        ({"int": (2, 9), "step": 3}, (2, 5, 8)),
        ({"float": (0.0, 1.0), "step": 0.1}, tuple(n / 10 for n in range(11))),
        ({"float": (0.0, 1.0)}, None),
        ({"int": (1, 64), "scale": "log"}, None),
        ({"choice": ("a", 2)}, ("a", 2)),
        ({"choice": (None, 12.0)}, (None, 12.0)),
        ({"bool": True}, (False, True)),
    ],
)
def test_the_values_of_a_parameter(parameter, listed):
    found = values_listed(ParameterSection(**parameter))
    assert (found if found is None else tuple(found)) == listed


@given(st.floats(-5, 5), st.integers(1, 40), st.sampled_from([0.1, 0.2, 0.25, 0.3, 1.0]))
def test_a_range_with_steps_stays_within_its_ends(low, count, step):
    parameter = ParameterSection(float=(low, low + count * step), step=step)
    values = values_listed(parameter)
    assert len(values) == count + 1
    assert values[0] == pytest.approx(low) and values[-1] == pytest.approx(extremes(parameter)[1])
