import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kseg.evaluate.signed_rank import holm, signed_rank

PS = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@pytest.mark.parametrize("count", [5, 13, 14, 40, 80])
def test_p_is_scipy_s(count):
    differences = np.random.default_rng(count).normal(0.3, 1, count)
    p, side = signed_rank(differences)
    assert p == pytest.approx(stats.wilcoxon(np.round(differences, 12)).pvalue)
    assert side == 1


@settings(max_examples=15)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9).filter(any))
def test_p_of_ties_and_zeros_is_scipy_s(numbers):
    expected = stats.wilcoxon(numbers).pvalue
    assert signed_rank(np.array(numbers) / 10)[0] == pytest.approx(expected)


@pytest.mark.parametrize("count", [20, 60])
def test_p_of_many_ties_and_zeros_is_scipy_s(count):
    numbers = np.random.default_rng(count).integers(-3, 5, count)
    kept = numbers[numbers != 0]
    assert signed_rank(numbers / 10)[0] == pytest.approx(stats.wilcoxon(kept).pvalue)


@pytest.mark.parametrize("zeros", [0, 9, 35, 500])
def test_five_differences_are_never_significant_among_however_many_zeros(zeros):
    """Of the 32 choices of five signs, two are as far from zero as all the same: p = 1/16."""
    assert signed_rank([0.0] * zeros + [0.01, 0.02, 0.03, 0.04, 0.05]) == (0.0625, 1)


@settings(max_examples=40)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=15))
def test_turning_all_signs_round_turns_the_side_and_keeps_p(numbers):
    p, side = signed_rank(np.array(numbers) / 10)
    assert signed_rank(-np.array(numbers) / 10) == (pytest.approx(p), -side)
    assert 0 < p <= 1


def test_no_difference_at_all_has_p_of_one():
    assert signed_rank([0.0] * 6) == (1.0, 0)


def test_noise_of_rounding_is_no_difference():
    assert signed_rank([0.3 - (0.1 + 0.2)] * 6) == (1.0, 0)


def test_infinite_difference_ranks_beyond_all_finite_ones():
    finite = [0.1, -0.2, 0.3, 0.4, 0.5]
    assert signed_rank([*finite, math.inf]) == signed_rank([*finite, 0.6])
    assert signed_rank([*finite, -math.inf]) == signed_rank([*finite, -0.6])
    assert signed_rank([math.inf] * 6) == signed_rank([1.0] * 6)


@pytest.mark.parametrize("wrong", [[], [0.1, math.nan]])
def test_nothing_and_nan_are_refused(wrong):
    with pytest.raises(ValueError, match="numbers only"):
        signed_rank(wrong)


def test_holm_by_hand():
    # Ordered 0.001, 0.01, 0.02, 0.04, 0.5 times 5, 4, 3, 2, 1.
    expected = (0.06, 0.005, 0.08, 0.5, 0.04)
    assert holm([0.02, 0.001, 0.04, 0.5, 0.01]) == pytest.approx(expected)
    assert holm([]) == ()


def test_holm_gives_the_decisions_of_a_published_example():
    # R package HDLSSkST, help page of `Holm`, at level 0.05.
    corrected = holm([0.50, 0.01, 0.001, 0.69, 0.02, 0.05, 0.0025])
    assert [p < 0.05 for p in corrected] == [False, False, True, False, False, False, True]


@given(PS)
def test_holm_keeps_the_order_and_lies_between_p_and_bonferroni_s(ps):
    corrected = holm(ps)
    for p, q in zip(ps, corrected):
        assert p <= q <= 1 and q <= min(1.0, max(len(ps) * other for other in ps if other <= p))
    ordered = [q for _, q in sorted(zip(ps, corrected))]
    assert ordered == sorted(ordered)
    assert min(corrected) == min(1.0, len(ps) * min(ps))
