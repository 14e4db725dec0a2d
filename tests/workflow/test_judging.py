from pathlib import Path

import pytest

from kseg.errors import RecipeError
from kseg.recipe import EvaluateSection
from kseg.workflow.judging import judging

NAMES = ("aorta", "liver")
FILE = Path("mine.yaml")


def test_a_label_takes_its_own_tolerance_and_others_the_common_one():
    section = EvaluateSection(tolerance_mm=3.0, label_tolerance_mm={"aorta": 1.0})
    settings = judging(section, NAMES, FILE)
    assert (settings.tolerance_of("aorta"), settings.tolerance_of("liver")) == (1.0, 3.0)
    assert not settings.overlap_only


@pytest.mark.parametrize("name, advice", [("aorte", '"aorta"'), ("background", "one of these")])
def test_a_tolerance_for_a_label_that_is_not_there_is_refused(name, advice):
    section = EvaluateSection(label_tolerance_mm={name: 1.0})
    with pytest.raises(RecipeError, match="aorta, liver") as refused:
        judging(section, NAMES, FILE)
    assert advice in refused.value.fix and refused.value.file == "mine.yaml"
