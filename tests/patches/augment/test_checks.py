import pytest

from kseg.patches.augment.checks import check_axes, check_probability, check_range


def test_values_at_the_ends_of_their_range_pass():
    check_probability("p", 0)
    check_probability("p", 1)
    check_range("r", (0.5, 0.5))
    check_axes("a", ())


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_probability_outside_0_to_1_is_refused(value):
    with pytest.raises(ValueError, match="`p` must lie in"):
        check_probability("p", value)


@pytest.mark.parametrize("value", [(0, 1), (2, 1), (1,), (1, float("nan"))])
def test_a_range_that_is_not_one_is_refused(value):
    with pytest.raises(ValueError, match="`r` must be"):
        check_range("r", value)
