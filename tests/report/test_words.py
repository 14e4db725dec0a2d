import math

from kseg.evaluate import LabelScore, summarise
from kseg.report.words import score_warnings


def told(scores):
    return score_warnings(scores, summarise(scores))


def scores_of(cases, subjects=None, **values):
    names = subjects or [f"p{n}" for n in range(cases)]
    return [LabelScore(f"c{n}", names[n], "liver", dice=0.9, **values) for n in range(cases)]


def test_enough_cases_of_different_people_need_no_warning():
    assert told(scores_of(5)) == ()


def test_few_cases_are_said_to_be_few():
    assert "4 cases are too few" in told(scores_of(4))[0]


def test_several_scans_of_one_person_are_told():
    (sentence,) = told(scores_of(6, ["a", "a", "b", "c", "d", "e"]))
    assert "6 cases come from 5 subjects" in sentence


def test_infinite_distances_are_counted_by_label():
    scores = scores_of(6, hd95_mm=2.0)
    scores[0] = LabelScore("c0", "p0", "liver", dice=0.0, hd95_mm=math.inf)
    (sentence,) = told(scores)
    assert sentence.startswith("liver: in 1 of 6 cases only one of the masks holds it")


def test_nothing_judged_needs_no_warning():
    assert score_warnings((), None) == ()
