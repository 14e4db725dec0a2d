import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kseg.evaluate.measures import MEASURE_NAMES
from kseg.evaluate.score import EvaluateSettings, LabelScore
from kseg.evaluate.summary import MeasureSummary, summarise

INF = math.inf


def score(case, label, dice, subject=None, **measures):
    return LabelScore(case, subject or case, label, dice, **measures)


def cohort(cases, seed=0, labels=("liver", "lesion"), **measures):
    generator = np.random.default_rng(seed)
    return [
        score(f"c{case}", label, float(generator.uniform(0.5, 1.0)), **measures)
        for case in range(cases)
        for label in labels
    ]


def distances(*values):
    return [score(f"c{n}", "liver", 0.5, hd_mm=value) for n, value in enumerate(values)]


def test_mean_dice_is_the_mean_over_labels_of_the_mean_over_cases():
    scores = [
        score("a", "liver", 1.0),
        score("a", "lesion", math.nan),
        score("b", "liver", 0.8),
        score("b", "lesion", 0.1),
    ]
    summary = summarise(scores)
    assert summary.mean_dice == pytest.approx((0.9 + 0.1) / 2)
    assert [entry.dice.cases for entry in summary.labels] == [2, 1]
    assert summary.mean["dice"].cases == summary.cases == 2
    assert summary.mean["dice"].median == pytest.approx((1.0 + 0.45) / 2)


def test_form_is_the_one_of_the_design():
    data = summarise(cohort(6, nsd=0.9)).to_dict()
    assert list(data) == ["cases", "labels", "mean", "rules"]
    assert list(data["labels"]) == ["liver", "lesion"]
    keys = ["mean", "low", "high", "median", "cases"]
    assert list(data["labels"]["liver"]) == list(data["mean"]) == ["dice", "nsd"]
    assert list(data["labels"]["liver"]["dice"]) == list(data["mean"]["nsd"]) == keys
    json.dumps(data, allow_nan=False)


def test_phantom_is_said():
    assert summarise(cohort(6), phantom=True).to_dict()["data"] == "phantom"
    assert "data" not in summarise(cohort(6)).to_dict()


def test_infinite_distances_count_for_the_median_and_are_told():
    hd = summarise(distances(1.0, 2.0, INF, math.nan)).labels[0].measures["hd_mm"]
    assert (hd.mean, hd.median, hd.cases, hd.infinite) == (1.5, 2.0, 2, 1)
    assert hd.to_dict()["infinite"] == 1
    assert "infinite" not in summarise(distances(1.0)).labels[0].measures["hd_mm"].to_dict()


def test_infinite_median_is_blank_on_disk():
    summary = summarise(distances(1.0, INF, INF))
    assert summary.labels[0].measures["hd_mm"].median == INF
    assert summary.to_dict()["labels"]["liver"]["hd_mm"]["median"] is None


def test_mean_over_labels_tells_cases_with_an_infinite_label():
    scores = [
        score("a", "liver", 0.5, hd_mm=4.0),
        score("a", "lesion", 0.5, hd_mm=INF),
        score("b", "liver", 0.5, hd_mm=INF),
        score("b", "lesion", 0.5, hd_mm=INF),
    ]
    overall = summarise(scores).mean["hd_mm"]
    assert (overall.mean, overall.median, overall.cases, overall.infinite) == (4.0, 4.0, 1, 2)


def test_measure_that_no_label_has_is_left_out_and_one_that_a_label_has_is_kept():
    scores = [score("a", "liver", 0.5, iou=0.4), score("a", "lesion", 0.5)]
    summary = summarise(scores)
    assert list(summary.mean) == ["dice", "iou"]
    blank = summary.labels[1].measures["iou"]
    assert math.isnan(blank.mean) and math.isnan(blank.median) and blank.cases == 0


def test_all_measures_come_in_the_order_of_their_list():
    values = {name: 0.5 for name in MEASURE_NAMES if name != "dice"}
    assert tuple(summarise(cohort(5, **values)).mean) == MEASURE_NAMES


def test_tolerance_is_one_number_or_one_for_each_label_and_only_for_surfaces():
    measured, bare = summarise(cohort(5, nsd=0.9)), summarise(cohort(5))
    assert measured.to_dict(EvaluateSettings(3.0))["tolerance_mm"] == 3.0
    mixed = EvaluateSettings(3.0, {"lesion": 1.0, "spleen": 9.0})
    assert measured.to_dict(mixed)["tolerance_mm"] == {"liver": 3.0, "lesion": 1.0}
    assert "tolerance_mm" not in bare.to_dict(EvaluateSettings(3.0))
    assert "tolerance_mm" not in measured.to_dict()


@settings(max_examples=40)
@given(st.lists(st.floats(0, 500) | st.just(INF) | st.just(math.nan), min_size=1, max_size=9))
def test_mean_median_and_counts_are_numpy_s(values):
    entry = summarise(distances(*values)).labels[0].measures.get("hd_mm")
    known = np.array([value for value in values if not math.isnan(value)])
    if not known.size:
        assert entry is None
        return
    finite = known[np.isfinite(known)]
    assert (entry.cases, entry.infinite) == (finite.size, known.size - finite.size)
    np.testing.assert_allclose(entry.median, np.median(known))
    np.testing.assert_allclose(entry.mean, finite.mean() if finite.size else math.nan)


def test_interval_is_blank_under_five_cases():
    dice = summarise(cohort(4)).to_dict()["labels"]["liver"]["dice"]
    assert dice["low"] is None and dice["high"] is None and dice["cases"] == 4
    assert summarise(cohort(5)).to_dict()["labels"]["liver"]["dice"]["low"] is not None


def test_scans_of_one_person_count_as_one_witness():
    values = np.random.default_rng(0).uniform(0.5, 1.0, 8)
    apart = summarise([score(f"{i}", "liver", float(v)) for i, v in enumerate(values)])
    copies = [
        score(f"{i}_{copy}", "liver", float(v), subject=f"{i}")
        for i, v in enumerate(values)
        for copy in range(5)
    ]
    together = summarise(copies).mean["dice"]
    assert together.mean == pytest.approx(apart.mean_dice)
    assert together.low == pytest.approx(apart.mean["dice"].low)
    assert together.high == pytest.approx(apart.mean["dice"].high)


def test_five_scans_of_one_person_give_no_interval():
    summary = summarise([score(f"{i}", "liver", 0.5 + i / 10, subject="p") for i in range(5)])
    assert math.isnan(summary.mean["dice"].low) and math.isnan(summary.labels[0].dice.low)


def test_equal_seeds_give_equal_intervals():
    assert summarise(cohort(12), seed=3) == summarise(cohort(12), seed=3)
    assert summarise(cohort(12), seed=3) != summarise(cohort(12), seed=4)


def test_label_that_no_case_has_is_blank():
    data = summarise([score("a", "liver", math.nan)]).to_dict()
    blank = {"mean": None, "low": None, "high": None, "median": None, "cases": 0}
    assert data["labels"]["liver"] == data["mean"] == {"dice": blank}


def test_no_scores_give_an_empty_summary():
    summary = summarise([])
    assert summary.cases == 0 and math.isnan(summary.mean_dice)
    assert isinstance(summary.mean["dice"], MeasureSummary) and summary.labels == ()


def test_label_scored_twice_in_a_case_is_refused():
    with pytest.raises(ValueError, match="once"):
        summarise([score("a", "liver", 0.5), score("a", "liver", 0.6)])


def test_a_label_of_few_cases_leaves_the_interval_of_the_mean_over_labels_blank():
    """Resamples that miss the rare label would be means of the other one alone."""
    scores = [LabelScore(f"c{n}", f"p{n}", "liver", dice=0.95 + n / 1000) for n in range(40)]
    rare = [
        LabelScore(f"c{n}", f"p{n}", "tumour", dice=0.2 if n < 2 else math.nan) for n in range(40)
    ]
    summary = summarise([*scores, *rare])
    overall = summary.mean["dice"]
    assert overall.mean == pytest.approx((0.9695 + 0.2) / 2)
    assert math.isnan(overall.low) and math.isnan(overall.high)
    assert not math.isnan(summary.labels[0].dice.low)


def test_the_interval_of_the_mean_over_labels_never_leaves_out_a_label():
    """Six of forty cases hold the second label; no limit may lie near the first one's mean."""
    scores = [LabelScore(f"c{n}", f"p{n}", "liver", dice=0.95 + n / 1000) for n in range(40)]
    rare = [
        LabelScore(f"c{n}", f"p{n}", "tumour", dice=0.2 + n / 100 if n < 6 else math.nan)
        for n in range(40)
    ]
    overall = summarise([*scores, *rare]).mean["dice"]
    assert 0.56 < overall.low < overall.mean < overall.high < 0.64
