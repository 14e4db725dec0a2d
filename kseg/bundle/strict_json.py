"""JSON from strangers: small, shallow, without doubtful values, and nothing but data."""

import json
import math
import re
from collections.abc import Sequence

MOST_BYTES = 1 << 20
# kseg's own files nest six deep.
DEEPEST = 16
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def read_json(data: bytes) -> dict:
    """Return the JSON object that some bytes hold.

    Args:
        data: bytes of the whole file.

    Returns:
        dict of plain values.

    Raises:
        ValueError: if there are more than 1 MiB of it, it nests too deep, a key stands twice, a
            number is not finite, or it is no JSON object in UTF-8.

    Example:
        >>> read_json(b'{"a": [1, 2.5]}')
        {'a': [1, 2.5]}
        >>> read_json(b'{"a": 1, "a": 2}')
        Traceback (most recent call last):
            ...
        ValueError: the key 'a' must stand once
    """
    if len(data) > MOST_BYTES:
        raise ValueError(f"it must be at most {MOST_BYTES} bytes long")
    # Before the parser, which would call itself once for each level.
    _check_depth(data)
    try:
        found = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_finite,
            parse_constant=_finite,
        )
    except UnicodeDecodeError as error:
        raise ValueError(f"it must be text in UTF-8: {error}") from error
    if not isinstance(found, dict):
        raise ValueError("it must hold a JSON object")
    return found


def _check_depth(data: bytes) -> None:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(data):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(match.group(), 0)
        if depth > DEEPEST:
            raise ValueError(f"it must nest at most {DEEPEST} deep")


def _object(pairs: Sequence[tuple[str, object]]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"the key {twice!r:.60} must stand once")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"numbers must be finite. Received: {text:.60}")
    return number
