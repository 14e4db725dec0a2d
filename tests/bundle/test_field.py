import pytest
from hypothesis import given
from hypothesis import strategies as st

from kseg.bundle.field import LONGEST_TEXT, Field

READERS = {
    "a mapping": lambda field: field.keys("a"),
    "a list of 1 to 3 entries": lambda field: field.entries(1, 3),
    "a list of 2 entries": lambda field: field.entries(2, 2),
    "a text of at most": lambda field: field.text(),
    "one of x, y": lambda field: field.word(("x", "y")),
    "true or false": lambda field: field.flag(),
    "a whole number from 1 to 9": lambda field: field.whole(1, 9),
    "a number from 0 to 0.9": lambda field: field.number(0, 0.9),
}
GOOD = {
    "a mapping": {"a": 1},
    "a list of 1 to 3 entries": [1],
    "a list of 2 entries": [1, 2],
    "a text of at most": "Leber, côté gauche",
    "one of x, y": "y",
    "true or false": True,
    "a whole number from 1 to 9": 9,
    "a number from 0 to 0.9": 0,
}
VALUES = [None, True, 0, 1, 10, -1, 0.95, 2.0, "x", "z", "x" * (LONGEST_TEXT + 1), "\ud800", [],
          [1, 2, 3, 4], {}, float("inf")]  # fmt: skip


@pytest.mark.parametrize("must", READERS)
def test_a_good_value_comes_back_and_others_are_refused_by_name(must):
    read = READERS[must]
    read(Field(GOOD[must], "predict.thing"))
    refused = 0
    for value in VALUES:
        try:
            read(Field(value, "predict.thing"))
        except ValueError as error:
            refused += 1
            assert "`predict.thing" in str(error) and "Received: " in str(error)
            assert must in str(error) or "must be there" in str(error)
    assert refused > len(VALUES) // 2


def test_true_is_no_number():
    for read in (lambda field: field.whole(0, 9), lambda field: field.number(0, 9)):
        with pytest.raises(ValueError, match="Received: True"):
            read(Field(True, "a"))


def test_a_key_too_few_or_too_many_is_named():
    with pytest.raises(ValueError, match="`predict.b` must be there"):
        Field({"a": 1}, "predict").keys("a", "b")
    with pytest.raises(ValueError, match="`predict.'b'` must not be there"):
        Field({"a": 1, "b": 1}, "predict").keys("a")


def test_fields_below_carry_the_way_to_them():
    entry = Field({"a": [5, 6]}, "top").keys("a")["a"].entries(1, 2)[1]
    assert (entry.name, entry.value) == ("top.a.1", 6)
    assert Field(None, "a").or_none(lambda field: field.text()) is None
    assert Field("x", "a").or_none(lambda field: field.text()) == "x"


@given(st.text(max_size=20) | st.binary(max_size=20) | st.floats() | st.integers())
def test_what_is_shown_of_a_value_has_no_control_characters(value):
    """Else a folder from a stranger could write to the terminal as it likes."""
    with pytest.raises(ValueError) as caught:
        Field(value, "a").flag()
    assert all(sign.isprintable() for sign in str(caught.value))
