import pytest

from kseg.errors import KsegError
from kseg.evaluate.tolerance import parse_tolerances

NAMES = ("left kidney", "liver", "a=b")


def test_two_mm_hold_where_nothing_is_said():
    settings = parse_tolerances([], NAMES)
    assert settings.tolerance_mm == 2 and not settings.label_tolerance_mm


def test_a_length_for_all_and_lengths_for_labels():
    settings = parse_tolerances(["1.5", "left kidney=3", "a=b=0"], NAMES)
    assert [settings.tolerance_of(name) for name in ("liver", "left kidney", "a=b")] == [1.5, 3, 0]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["livr=2"], r"no label 'livr' \(nearest: liver\)"),
        (["3=2"], "no label '3'. Labels are left kidney, liver"),
        (["liver=2", "liver=2"], "given twice"),
        (["2", "3"], "all labels is given twice"),
        (["liver=-1"], "0 or more"),
        (["inf"], "0 or more"),
        (["nan"], "0 or more"),
        (["two"], "0 or more"),
        (["liver="], "0 or more"),
    ],
)
def test_what_is_no_tolerance_is_refused(texts, told):
    with pytest.raises(KsegError, match=told) as caught:
        parse_tolerances(texts, NAMES)
    assert caught.value.code == "KS-V04" and caught.value.exit_code == 2


def test_without_names_a_label_is_called_by_its_value():
    assert parse_tolerances(["7=5"], None).tolerance_of("7") == 5
    with pytest.raises(KsegError, match="called by their value"):
        parse_tolerances(["liver=5"], None)
