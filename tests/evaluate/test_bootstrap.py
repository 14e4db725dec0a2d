import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.stats import norm, t

from kseg.evaluate.bootstrap import resample_means

STUDIES = 1500


def names(count):
    return [f"p{number}" for number in range(count)]


def coverage(values, truth, subjects=None):
    """Share of studies (columns) whose interval holds the truth."""
    low, high = resample_means(values, subjects or names(len(values)), seed=1).interval()
    return (low <= truth) & (truth <= high)


def dice_like(failing, generator, subjects=40):
    good = generator.beta(18, 2, (subjects, STUDIES))
    failed = generator.random(good.shape) < failing
    return np.where(failed, generator.beta(1, 40, good.shape), good), 0.9 - failing * (0.9 - 1 / 41)


def test_nineteen_of_twenty_intervals_of_normal_values_hold_the_mean():
    generator = np.random.default_rng(0)
    assert 0.92 <= coverage(generator.normal(size=(40, STUDIES)), 0.0).mean() <= 0.97


@pytest.mark.parametrize("failing", [0.0, 0.1])
def test_nineteen_of_twenty_intervals_of_skewed_dice_hold_the_mean(failing):
    assert 0.92 <= coverage(*dice_like(failing, np.random.default_rng(2))).mean() <= 0.97


def test_nineteen_of_twenty_intervals_of_repeated_scans_hold_the_mean():
    generator = np.random.default_rng(3)
    person = generator.beta(18, 2, (40, 1, STUDIES)) - 0.9
    scans = generator.normal(0.8, 0.02, (40, 3, STUDIES)) + person
    number = generator.integers(1, 4, (40, 1, STUDIES))
    values = np.where(np.arange(3)[:, None] < number, scans, np.nan).reshape(120, STUDIES)
    assert 0.92 <= coverage(values, 0.8, np.repeat(names(40), 3).tolist()).mean() <= 0.97
    # The scans of a person taken for witnesses of their own would promise too much.
    assert coverage(values, 0.8, names(120)).mean() < 0.90


def test_interval_misses_rare_failures_only_where_no_case_failed():
    values, truth = dice_like(0.05, np.random.default_rng(4))
    inside, met = coverage(values, truth), values.min(axis=0) < 0.3
    assert met.mean() == pytest.approx(1 - 0.95**40, abs=0.03)
    assert inside[met].mean() > 0.92 and inside[~met].mean() < 0.10


@pytest.mark.parametrize("scores", ["symmetric", "skewed"])
def test_interval_is_scipy_s_bca_interval_at_the_expanded_level(scores):
    values = np.random.default_rng(5).normal(0.8, 0.05, 25)
    if scores == "skewed":
        values[:2] = 0.05
    limits = [resample_means(values, names(25), seed=seed).interval() for seed in range(20)]
    tail = norm.cdf(-np.sqrt(25 / 24) * t.ppf(0.975, 24))
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, confidence_level=1 - 2 * tail, method="BCa",
        vectorized=True, rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    width = theirs.high - theirs.low
    assert np.mean(limits, axis=0) == pytest.approx([theirs.low, theirs.high], abs=0.05 * width)


def test_interval_of_normal_values_is_close_to_student_s():
    values = np.random.default_rng(6).normal(size=12)
    values -= values.mean()
    low, high = resample_means(np.concatenate([values, -values]), names(24)).interval()
    reach = t.ppf(0.975, 23) * np.concatenate([values, -values]).std(ddof=1) / np.sqrt(24)
    assert (low, high) == pytest.approx((-reach, reach), abs=0.12 * reach)


@settings(max_examples=60)
@given(
    values=arrays(float, st.tuples(st.integers(5, 12), st.just(2)), elements=st.floats(0, 1)),
    seed=st.integers(0, 5),
)
def test_interval_holds_the_mean_and_stays_within_the_scores(values, seed):
    drawn = resample_means(values, names(len(values)), seed=seed)
    low, high = drawn.interval()
    np.testing.assert_allclose(drawn.mean, values.mean(axis=0))
    assert (low <= drawn.mean + 1e-9).all() and (drawn.mean <= high + 1e-9).all()
    assert (low >= values.min(axis=0) - 1e-9).all() and (high <= values.max(axis=0) + 1e-9).all()


def test_what_is_missing_or_infinite_is_left_out_of_mean_and_count():
    values = np.array([[0.5, np.nan], [np.inf, np.nan], [0.7, 0.2]])
    drawn = resample_means(values, ["a", "b", "a"])
    assert drawn.mean.tolist() == pytest.approx([0.6, 0.2])
    assert drawn.cases.tolist() == [2, 1]
    assert drawn.subject_has_value.sum(axis=0).tolist() == [1, 1]


def test_interval_needs_five_cases_and_five_subjects():
    values = np.linspace(0, 1, 6)
    assert np.isnan(resample_means(values[:4], names(4)).interval()).all()
    assert np.isnan(resample_means(values, ["a", "a", "b", "c", "d", "d"]).interval()).all()
    assert not np.isnan(resample_means(values[:5], names(5)).interval()).any()


def test_mean_over_columns_is_drawn_jointly():
    values = np.random.default_rng(7).random(20)
    opposed = resample_means(np.stack([values, 1 - values], axis=1), names(20)).averaged()
    assert opposed.mean == pytest.approx(0.5)
    low, high = opposed.interval()
    assert low == pytest.approx(0.5) and high == pytest.approx(0.5)


def test_mean_over_columns_skips_a_column_without_values():
    values = np.stack([np.linspace(0, 1, 8), np.full(8, np.nan)], axis=1)
    whole = resample_means(values, names(8))
    assert whole.averaged().mean == pytest.approx(0.5)
    np.testing.assert_allclose(
        whole.averaged().interval(), [limit[0] for limit in whole.interval()]
    )


def test_wrong_number_of_subjects_is_refused():
    with pytest.raises(ValueError, match="one subject for each of 3"):
        resample_means(np.zeros(3), ["a"])
