import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kseg.bundle.strict_json import DEEPEST, MOST_BYTES, read_json

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def nested(depth):
    return b'{"a": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@given(st.dictionaries(st.text(), PLAIN, max_size=4))
def test_plain_data_come_back(data):
    # Lone surrogates are escaped in JSON; whoever uses a text must look at it.
    assert read_json(json.dumps(data).encode()) == data


@given(st.binary(max_size=60))
def test_any_bytes_are_an_object_or_a_value_error(data):
    try:
        assert isinstance(read_json(data), dict)
    except ValueError:
        pass


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' must stand once"),
        (b'{"a": NaN}', "must be finite. Received: NaN"),
        (b'{"a": -Infinity}', "must be finite"),
        (b'{"a": 1e999}', "must be finite. Received: 1e999"),
        (b'{"a": ' + b"9" * 5000 + b"}", "digits"),
        (b"[1]", "must hold a JSON object"),
        (b'"kseg"', "must hold a JSON object"),
        (b"", "Expecting value"),
        (b'{"a": "\xff"}', "must be text in UTF-8"),
        (b'{"a": ' + b" " * MOST_BYTES + b"1}", "at most 1048576 bytes"),
        (nested(DEEPEST + 1), f"must nest at most {DEEPEST} deep"),
        (b"[" * 500_000, "must nest"),
        (b'{"a":' * 100_000, "must nest"),
    ],
)
def test_what_is_doubtful_is_refused_with_its_reason(data, why):
    with pytest.raises(ValueError, match=why):
        read_json(data)


def test_brackets_within_a_text_do_not_count():
    text = "[" * 100 + '"\\'
    assert read_json(json.dumps({"a": text}).encode()) == {"a": text}
    assert read_json(nested(DEEPEST))
