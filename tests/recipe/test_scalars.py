import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from kseg.recipe.reader import read_yaml
from kseg.recipe.scalars import quote, resolve, write_flow, write_scalar


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e-4", 1e-4), ("1e4", 1e4), ("1.0e4", 1e4), (".5", 0.5), ("3.", 3.0), ("010", 10),
        ("0o17", 15), ("0x1F", 31), ("+3", 3), ("no", "no"), ("off", "off"), ("NO", "NO"),
        ("1:30", "1:30"), ("2024-01-01", "2024-01-01"), ("1_000", "1_000"), ("True", True),
        ("Null", None), ("~", None), ("-.inf", -math.inf), ("20m", "20m"), ("1.5h", "1.5h"),
    ],
)  # fmt: skip
def test_words_mean_what_yaml_1_2_says(word, value):
    assert resolve(word) == value
    assert type(resolve(word)) is type(value)


def test_a_number_of_any_length_cannot_stop_the_reader():
    with pytest.raises(ValueError, match="40"):
        resolve("9" * 5000)


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.text()
    | st.floats(allow_nan=False)
)


@settings(max_examples=150)
@given(scalars)
def test_what_is_written_is_read_back(value):
    tree, problems = read_yaml(f"a: {write_scalar(value)}\nb: {write_flow((value,))}\n", "a")
    assert problems == []
    assert tree.plain() == {"a": value, "b": (value,)}
    assert type(tree.plain()["a"]) is type(value)


@settings(max_examples=50)
@given(st.text())
def test_another_yaml_reader_agrees_on_quoted_text(text):
    assert YAML(typ="safe", pure=True).load(quote(text)) == text
