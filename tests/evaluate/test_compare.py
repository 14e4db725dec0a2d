import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kseg.evaluate.compare import compare
from kseg.evaluate.comparison import OVER_LABELS, Unpaired
from kseg.evaluate.score import LabelScore
from kseg.evaluate.signed_rank import holm

INF, NAN = math.inf, math.nan
AB = ("A", "B")


def scores_of(values, label="liver", measure="dice", subjects=None):
    return [
        LabelScore(f"c{n}", subjects[n] if subjects else f"p{n}", label, **{measure: value})
        for n, value in enumerate(values)
    ]


def only(first, second, measure="dice", **options):
    found = compare(
        scores_of(first, measure=measure, **options),
        scores_of(second, measure=measure, **options),
        names=AB,
        measures=[measure],
    )
    row, overall = found.rows
    assert overall.label == OVER_LABELS and overall.difference == pytest.approx(
        row.difference, nan_ok=True
    )
    return row, found


def three_labels(seed=0, cases=20, gains=(0.05, 0.0, -0.05)):
    generator = np.random.default_rng(seed)
    first, second = [], []
    for label, gain in zip(("liver", "spleen", "aorta"), gains):
        base = generator.uniform(0.6, 0.9, cases)
        first += scores_of((base + gain + generator.normal(0, 0.02, cases)).tolist(), label)
        second += scores_of(base.tolist(), label)
    return first, second


def test_row_tells_means_difference_counts_and_scipy_s_p():
    generator = np.random.default_rng(0)
    first, second = generator.uniform(0.5, 1, 30), generator.uniform(0.5, 0.9, 30)
    row, _ = only(first.tolist(), second.tolist())
    assert (row.pairs, row.subjects, row.finite_pairs, row.one_sided) == (30, 30, 30, 0)
    assert row.first_mean == pytest.approx(first.mean())
    assert row.second_mean == pytest.approx(second.mean())
    assert row.difference == pytest.approx((first - second).mean())
    assert row.low < row.difference < row.high
    assert (row.better, row.worse) == ((first > second).sum(), (first < second).sum())
    assert row.p == row.corrected_p == pytest.approx(stats.wilcoxon(first, second).pvalue)


def test_labels_are_corrected_by_holm_and_their_mean_is_not():
    found = compare(*three_labels(), names=AB, measures=["dice"])
    labels, overall = found.rows[:3], found.rows[3]
    assert [row.corrected_p for row in labels] == list(holm([row.p for row in labels]))
    assert overall.corrected_p == overall.p
    assert [row.winner for row in labels] == ["A", "", "B"]


def test_mean_over_labels_takes_a_case_s_labels_that_both_have():
    first = [*scores_of([0.9] * 6), *scores_of([0.5] * 5 + [NAN], "lesion")]
    second = [*scores_of([0.8] * 6), *scores_of([0.8] * 6, "lesion")]
    overall = compare(first, second, measures=["dice"]).rows[-1]
    assert overall.first_mean == pytest.approx((5 * 0.7 + 0.9) / 6)
    assert overall.second_mean == pytest.approx(0.8)
    assert (overall.pairs, overall.better, overall.worse, overall.one_sided) == (6, 1, 5, 1)


def test_lower_distances_are_better_and_errors_of_volume_are_compared_by_size():
    row, _ = only([1.0] * 6, [2.0] * 6, "hd95_mm")
    assert (row.better, row.winner, row.difference) == (6, "A", -1.0)
    row, found = only([-1.0] * 6, [2.0] * 6, "volume_error_ml")
    assert (row.better, row.first_mean, row.second_mean) == (6, 1.0, 2.0)
    assert found.sentences[0].startswith("Volume error in ml, sign left aside: A is better")


def test_infinite_distance_is_worse_than_any_and_two_are_equal():
    row, found = only([1.0, 1.0, 1.0, 1.0, 1.0, INF, 9.0], [INF] * 5 + [INF, 8.0], "hd95_mm")
    assert (row.pairs, row.finite_pairs) == (7, 1)
    assert (row.better, row.worse, row.equal) == (5, 1, 1)
    assert (row.first_mean, row.second_mean, row.difference) == (9.0, 8.0, 1.0)
    assert math.isnan(row.low)
    # Five tied ranks that lie beyond the sixth.
    assert row.p == pytest.approx(stats.wilcoxon([5, 5, 5, 5, 5, -1]).pvalue)
    assert "these over the 1 cases of 7 finite in both" in found.sentences[0]


def test_infinite_in_all_cases_leaves_the_means_blank():
    row, found = only([1.0] * 8, [INF] * 8, "hd95_mm")
    assert row.finite_pairs == 0 and math.isnan(row.difference) and row.winner == "A"
    assert found.to_dict()["rows"][0]["difference"] is None


def test_subject_counts_once_however_many_scans_it_has():
    generator = np.random.default_rng(1)
    means = generator.normal(0.02, 0.03, 9)
    apart, _ = only((0.8 + means).tolist(), [0.8] * 9)
    copies = np.repeat(means, 4) + np.tile([-0.01, 0.01, 0.02, -0.02], 9)
    subjects = [f"p{n // 4}" for n in range(36)]
    together, _ = only((0.8 + copies).tolist(), [0.8] * 36, subjects=subjects)
    assert (together.pairs, together.subjects) == (36, 9)
    assert together.p == pytest.approx(apart.p)
    assert (together.low, together.high) == pytest.approx((apart.low, apart.high))


@pytest.mark.parametrize(("subjects", "interval"), [(4, False), (5, True)])
def test_no_test_under_six_subjects_and_said(subjects, interval):
    row, found = only([0.9] * subjects, [0.8] * subjects)
    assert math.isnan(row.p) and row.winner == "" and math.isnan(row.low) is not interval
    said = found.sentences[0]
    assert f"too few subjects to test A and B: {subjects} with" in said
    assert "at least 6 are needed" in said and ("interval" in said) is interval


def test_six_subjects_are_the_fewest_that_can_be_significant():
    assert stats.wilcoxon([1, 2, 3, 4, 5]).pvalue > 0.05 > stats.wilcoxon([1, 2, 3, 4, 5, 6]).pvalue
    row, _ = only([0.9] * 6, [0.8] * 6)
    assert row.p == pytest.approx(2 / 64) and row.winner == "A"


def test_equal_predictions_have_p_of_one_and_no_difference_is_shown():
    row, found = only([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    assert (row.p, row.equal, row.difference, row.low, row.high) == (1.0, 6, 0.0, 0.0, 0.0)
    assert "no difference shown between A and B" in found.sentences[0]


def test_what_only_one_has_is_listed():
    first = [*scores_of([0.9] * 6), *scores_of([0.9] * 5, "spleen")]
    second = [*scores_of([0.9] * 5), *scores_of([0.9] * 5, "aorta"), *scores_of([0.9] * 7)[6:]]
    found = compare(first, second, names=AB)
    assert found.unpaired == (
        Unpaired("c5", "", "A"),
        *(Unpaired(f"c{n}", "spleen", "A") for n in range(5)),
        *(Unpaired(f"c{n}", "aorta", "B") for n in range(5)),
        Unpaired("c6", "", "B"),
    )
    assert {row.label for row in found.rows} == {"liver", OVER_LABELS}


def test_cases_are_paired_by_id_not_by_place():
    first, second = scores_of([0.9, 0.8, 0.7, 0.6, 0.5]), scores_of([0.9, 0.8, 0.7, 0.6, 0.5])
    assert compare(first, second[::-1], measures=["dice"]).rows[0].equal == 5


def test_measure_that_was_not_taken_is_said():
    found = compare(scores_of([0.9] * 6), scores_of([0.8] * 6), names=AB)
    assert found.sentences[1] == "NSD: not compared, as no case has a value in both A and B."
    assert found.rows[2].pairs == 0 and math.isnan(found.rows[2].p)


@settings(max_examples=10)
@given(st.lists(st.tuples(*[st.integers(0, 9)] * 2), min_size=6, max_size=8))
def test_exchanging_the_two_turns_the_row_round(pairs):
    first, second = ([pair[side] / 10 for pair in pairs] for side in (0, 1))
    (row, _), (back, _) = only(first, second), only(second, first)
    assert (row.better, row.worse, row.equal) == (back.worse, back.better, back.equal)
    assert row.p == pytest.approx(back.p) and row.difference == pytest.approx(-back.difference)
    assert (row.low, row.high) == pytest.approx((-back.high, -back.low), abs=1e-9)


def test_equal_seeds_give_equal_comparisons():
    first, second = three_labels()
    assert compare(first, second, measures=["dice"]) == compare(first, second, measures=["dice"])


def test_nothing_in_common_is_no_crash():
    found = compare(scores_of([0.9]), [], names=AB, measures=["dice"])
    assert len(found.unpaired) == 1 and "not compared" in found.sentences[0]


@pytest.mark.parametrize("names", [("A", "A"), ("A",), ("A", "")])
def test_names_that_do_not_tell_the_two_apart_are_refused(names):
    with pytest.raises(ValueError, match="two different names"):
        compare([], [], names=names)


def test_unknown_measure_is_refused():
    with pytest.raises(ValueError, match="must be one of"):
        compare([], [], measures=["beauty"])


def test_label_that_comes_twice_is_refused_by_the_name_of_its_argument():
    with pytest.raises(ValueError, match="`other` must hold"):
        compare([], scores_of([0.9]) * 2)
