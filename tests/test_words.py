import pytest

from kseg.words import counted


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 masks"), (1, "1 mask"), (2, "2 masks"), (21, "21 masks"), (1000, "1,000 masks")],
)
def test_only_one_is_told_in_the_singular(number, text):
    assert counted(number, "mask") == text


def test_other_words_for_several_may_be_given():
    assert counted(1, "mask has", "masks have") == "1 mask has"
    assert counted(0, "mask has", "masks have") == "0 masks have"
