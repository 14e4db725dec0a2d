import pytest

from kseg.dataset.label_value import label_value, listed_labels

NAMES = ("background", "liver", "lesion", "vessel")


@pytest.mark.parametrize(("part", "value"), [("liver", 1), (1, 1), ("vessel", 3), (3, 3)])
def test_a_label_is_given_by_name_or_by_value(part, value):
    assert label_value(part, NAMES) == value


@pytest.mark.parametrize("part", ["background", "bone", "1", 0, 4, -1, True, 1.0, None, [1]])
def test_all_else_is_no_label(part):
    assert label_value(part, NAMES) is None


def test_the_background_is_not_among_the_labels_told():
    assert listed_labels(NAMES) == "1 liver, 2 lesion, 3 vessel"
