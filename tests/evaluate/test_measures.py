import math
from dataclasses import fields

import numpy as np
import pytest

from kseg.evaluate.case import evaluate_case
from kseg.evaluate.measures import MEASURE_NAMES, MEASURES, measure
from kseg.evaluate.score import EvaluatedLabel, LabelScore

EMPTY = np.zeros((4, 5, 6), np.uint8)
CUBE = EMPTY.copy()
CUBE[1:3, 1:3, 1:3] = 1
# Eight voxels of 5 x 10 x 10 mm.
CUBE_ML = 4.0
SAID = {
    "0": 0.0,
    "blank": math.nan,
    "infinite": math.inf,
    "-100": -100.0,
    "the predicted volume": CUBE_ML,
    "minus the true volume": -CUBE_ML,
}


def score_of(truth, predicted):
    label = EvaluatedLabel("liver", (1,))
    return evaluate_case(truth, predicted, (label,), (5, 10, 10), "a", "p")[0]


def test_every_measure_is_a_number_of_the_score_in_its_order():
    names = [field.name for field in fields(LabelScore)]
    assert [name for name in names if name in MEASURE_NAMES] == list(MEASURE_NAMES)
    assert len(set(MEASURE_NAMES)) == len(MEASURES)


@pytest.mark.parametrize("entry", MEASURES, ids=MEASURE_NAMES)
def test_a_label_that_only_one_mask_has_is_measured_by_the_stated_rule(entry):
    nothing_true = getattr(score_of(EMPTY, CUBE), entry.name)
    nothing_predicted = getattr(score_of(CUBE, EMPTY), entry.name)
    np.testing.assert_equal(nothing_true, SAID[entry.nothing_true])
    np.testing.assert_equal(nothing_predicted, SAID[entry.nothing_predicted])


@pytest.mark.parametrize("name", MEASURE_NAMES)
def test_a_label_in_neither_mask_is_blank(name):
    assert math.isnan(getattr(score_of(EMPTY, EMPTY), name))


@pytest.mark.parametrize("entry", MEASURES, ids=MEASURE_NAMES)
def test_the_best_value_is_the_one_of_equal_masks(entry):
    best = getattr(score_of(CUBE, CUBE), entry.name)
    assert best == (1.0 if entry.better == "higher" else 0.0)


def test_meanings_are_sentences_and_units_are_told_in_names():
    for entry in MEASURES:
        assert entry.meaning[0].isupper() and entry.meaning.endswith(".")
        ending = {"mm": "_mm", "ml": "_ml", "%": "_percent", "": ""}[entry.unit]
        assert entry.name.endswith(ending)
        assert ending or not entry.name.endswith(("_mm", "_ml", "_percent"))


def test_a_measure_is_found_by_its_name():
    assert measure("nsd") is MEASURES[MEASURE_NAMES.index("nsd")]
    with pytest.raises(ValueError, match="Received: name='hd99'"):
        measure("hd99")
