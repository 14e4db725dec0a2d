import math

import pytest

from kseg.evaluate import LabelScore
from kseg.report.classes import class_sizes, true_volumes_ml


def test_sizes_are_over_the_cases_that_hold_the_label():
    liver, lesion = class_sizes({"liver": [1000.0, 1400.0, 1200.0], "lesion": [0.0, 4.0, 0.0]})
    assert (liver.cases, liver.median_ml, liver.smallest_ml, liver.largest_ml) == (
        3, 1200.0, 1000.0, 1400.0,
    )  # fmt: skip
    assert (lesion.cases, lesion.median_ml) == (1, 4.0)
    assert liver.share_percent + lesion.share_percent == pytest.approx(100)
    assert lesion.share_percent == pytest.approx(100 * 4 / 3604)


def test_a_label_that_no_case_holds_has_no_size():
    (size,) = class_sizes({"spleen": [0.0, 0.0]})
    assert size.cases == 0 and size.share_percent == 0.0
    assert math.isnan(size.median_ml) and math.isnan(size.largest_ml)


def test_true_volumes_come_from_the_scores_in_their_order():
    scores = [
        LabelScore("a", "p", "liver", truth_ml=5.0),
        LabelScore("a", "p", "lesion", truth_ml=1.0),
        LabelScore("b", "q", "liver", truth_ml=7.0),
    ]
    assert true_volumes_ml(scores) == {"liver": [5.0, 7.0], "lesion": [1.0]}
