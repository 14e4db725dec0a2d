import pytest
from hypothesis import given
from hypothesis import strategies as st

from kseg.recipe import PruneSection
from kseg.tune.prune import is_behind

RULE = PruneSection(after_trials=3, after_share=0.25)
GOOD = [(0.25, 0.5), (0.5, 0.7), (1.0, 0.9)]
FAIR = [(0.25, 0.4), (0.5, 0.6), (1.0, 0.8)]
POOR = [(0.25, 0.1), (0.5, 0.2), (1.0, 0.3)]
OTHERS = [GOOD, FAIR, POOR]


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([], False),
        ([(0.2, 0.0)], False),  # every trial is given so much
        ([(0.25, 0.39)], True),
        ([(0.25, 0.4)], False),  # as good as the median is not behind it
        ([(0.25, 0.6), (0.5, 0.1)], False),  # its best so far counts
        ([(0.25, 0.0), (0.5, 0.59)], True),
        ([(0.4, 0.41)], False),  # judged by what the others had reached by then
    ],
)
def test_a_trial_ends_where_it_is_behind_the_median_at_the_same_point(curve, expected):
    assert is_behind(curve, OTHERS, RULE, maximise=True) is expected


def test_a_smaller_objective_is_judged_the_other_way_round():
    assert is_behind([(0.5, 0.65)], OTHERS, RULE, maximise=False)
    assert not is_behind([(0.5, 0.35)], OTHERS, RULE, maximise=False)


def test_trials_that_did_not_come_so_far_do_not_count():
    short = [curve[:1] for curve in OTHERS]
    assert not is_behind([(0.5, 0.0)], [*short, GOOD, FAIR], RULE, maximise=True)
    assert is_behind([(0.5, 0.0)], [*short, GOOD, FAIR, POOR], RULE, maximise=True)


curves = st.lists(
    st.lists(st.floats(0, 1), min_size=1, max_size=4).map(
        lambda values: [((n + 1) / 4, value) for n, value in enumerate(values)]
    ),
    max_size=8,
)


@given(curves, st.randoms())
def test_the_order_of_the_other_trials_does_not_matter(others, random):
    curve = [(0.25, 0.3), (0.5, 0.4)]
    shuffled = random.sample(others, len(others))
    assert is_behind(curve, others, RULE, True) == is_behind(curve, shuffled, RULE, True)


@given(curves)
def test_the_best_of_all_is_never_ended(others):
    curve = [(0.25, 1.0), (0.5, 1.0)]
    assert not is_behind(curve, others, RULE, maximise=True)
