import json
import math

import numpy as np
import pytest
from scipy import stats

from kseg.evaluate.overlap import LabelScore
from kseg.evaluate.summary import summarise


def score(case, label, dice, subject=None):
    return LabelScore(case, subject or case, label, dice, 10, 10, 1.0, 1.0)


def cohort(cases, seed=0, labels=("liver", "lesion")):
    generator = np.random.default_rng(seed)
    return [
        score(f"c{case}", label, float(generator.uniform(0.5, 1.0)))
        for case in range(cases)
        for label in labels
    ]


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
    assert summary.dice.cases == summary.cases == 2


def test_form_is_the_one_of_the_design():
    data = summarise(cohort(6)).to_dict()
    assert list(data) == ["cases", "labels", "mean"]
    assert list(data["labels"]) == ["liver", "lesion"]
    assert list(data["labels"]["liver"]["dice"]) == ["mean", "low", "high", "cases"]
    assert list(data["mean"]["dice"]) == ["mean", "low", "high", "cases"]
    json.dumps(data, allow_nan=False)


def test_phantom_is_said():
    assert summarise(cohort(6), phantom=True).to_dict()["data"] == "phantom"
    assert "data" not in summarise(cohort(6)).to_dict()


def test_interval_is_blank_under_five_cases():
    dice = summarise(cohort(4)).to_dict()["labels"]["liver"]["dice"]
    assert dice["low"] is None and dice["high"] is None and dice["cases"] == 4
    assert summarise(cohort(5)).to_dict()["labels"]["liver"]["dice"]["low"] is not None


def test_interval_agrees_with_scipy_s_bootstrap():
    scores = cohort(40, labels=("liver",))
    ours = summarise(scores).labels[0].dice
    values = np.array([entry.dice for entry in scores])
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=9999, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=0.006)
    assert ours.high == pytest.approx(theirs.high, abs=0.006)


def test_scans_of_one_person_count_as_one_witness():
    generator = np.random.default_rng(0)
    values = generator.uniform(0.5, 1.0, 8)
    apart = summarise([score(f"{i}", "liver", float(v)) for i, v in enumerate(values)])
    copies = [
        score(f"{i}_{copy}", "liver", float(v), subject=f"{i}")
        for i, v in enumerate(values)
        for copy in range(5)
    ]
    together = summarise(copies)
    assert together.dice.mean == pytest.approx(apart.dice.mean)
    assert together.dice.low == pytest.approx(apart.dice.low)
    assert together.dice.high == pytest.approx(apart.dice.high)


def test_five_scans_of_one_person_give_no_interval():
    summary = summarise([score(f"{i}", "liver", 0.5 + i / 10, subject="p") for i in range(5)])
    assert math.isnan(summary.dice.low) and math.isnan(summary.labels[0].dice.low)


def test_equal_seeds_give_equal_intervals():
    assert summarise(cohort(12), seed=3) == summarise(cohort(12), seed=3)
    assert summarise(cohort(12), seed=3) != summarise(cohort(12), seed=4)


def test_label_that_no_case_has_is_blank():
    data = summarise([score("a", "liver", math.nan)]).to_dict()
    assert data["labels"]["liver"]["dice"] == {"mean": None, "low": None, "high": None, "cases": 0}
    assert data["mean"]["dice"]["mean"] is None


def test_no_scores_give_an_empty_summary():
    summary = summarise([])
    assert summary.cases == 0 and math.isnan(summary.mean_dice)


def test_label_scored_twice_in_a_case_is_refused():
    with pytest.raises(ValueError, match="once"):
        summarise([score("a", "liver", 0.5), score("a", "liver", 0.6)])
