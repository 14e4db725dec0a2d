import math
from dataclasses import FrozenInstanceError

import pytest

from kseg.evaluate.measures import MEASURE_NAMES
from kseg.evaluate.score import EvaluatedLabel, EvaluateSettings, LabelScore, labels_by_value


def test_labels_have_the_value_of_their_place_and_background_is_none():
    assert labels_by_value(("background", "liver", "lesion")) == (
        EvaluatedLabel("liver", (1,)),
        EvaluatedLabel("lesion", (2,)),
    )
    assert labels_by_value(("background",)) == ()


def test_a_label_without_a_tolerance_of_its_own_has_the_common_one():
    settings = EvaluateSettings(tolerance_mm=3.0, label_tolerance_mm={"aorta": 1.0})
    assert settings.tolerance_of("aorta") == 1.0
    assert settings.tolerance_of("liver") == 3.0
    assert EvaluateSettings().tolerance_of("liver") == 2.0


def test_what_was_not_measured_is_blank():
    score = LabelScore("a", "p", "liver")
    assert all(math.isnan(getattr(score, name)) for name in MEASURE_NAMES)
    assert score.truth_lesions == score.predicted_lesions == 0


def test_a_score_cannot_be_changed_afterwards():
    with pytest.raises(FrozenInstanceError):
        LabelScore("a", "p", "liver").dice = 1.0
