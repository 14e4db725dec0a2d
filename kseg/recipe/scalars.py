"""Plain words of YAML 1.2 to Python values, and back again without loss."""

import re

Scalar = None | bool | int | float | str

CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INFINITIES = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
NOT_NUMBERS = frozenset((".nan", ".NaN", ".NAN"))
DECIMAL = re.compile(r"[-+]?[0-9]+")
OCTAL = re.compile(r"0o[0-7]+")
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# Words that need no quotes: they begin with a letter or digit and hold no sign that YAML reads.
PLAIN = re.compile(r"[A-Za-z0-9/~.][A-Za-z0-9_./+~-]*")
LONGEST_NUMBER = 40


def resolve(word: str) -> Scalar:
    """Read an unquoted word by the core schema of YAML 1.2.

    Args:
        word: str, as it stands in the file, without quotes.

    Returns:
        None, bool, int, float or str: `1e-4` is a number, `010` is ten, `no` is a word.

    Raises:
        ValueError: if a number has more than 40 characters.

    Example:
        >>> [resolve(word) for word in ("1e-4", "010", "no", "2024-01-01", "1:30", "~")]
        [0.0001, 10, 'no', '2024-01-01', '1:30', None]
    """
    if word in CONSTANTS:
        return CONSTANTS[word]
    if word in NOT_NUMBERS:
        return float("nan")
    if match := INFINITIES.fullmatch(word):
        return float(match[1] + "inf")
    for pattern, convert in (
        (DECIMAL, int),
        (OCTAL, lambda text: int(text[2:], 8)),
        (HEXADECIMAL, lambda text: int(text[2:], 16)),
        (FLOAT, float),
    ):
        if pattern.fullmatch(word):
            if len(word) > LONGEST_NUMBER:
                raise ValueError(f"must have at most {LONGEST_NUMBER} characters")
            return convert(word)
    return word


def write_scalar(value: Scalar) -> str:
    """Write a value so that `resolve`, or a YAML reader where it is quoted, gives it back.

    Args:
        value: None, bool, int, float or str.

    Returns:
        str, one line.

    Example:
        >>> [write_scalar(value) for value in (None, True, 3.0, "20m", "3", "a: b")]
        ['null', 'true', '3.0', '20m', '"3"', '"a: b"']
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        is_plain = PLAIN.fullmatch(value) and len(value) <= 200 and _stays_a_word(value)
        return value if is_plain else quote(value)
    text = repr(value)
    return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}.get(text, text)


def write_flow(value: object) -> str:
    """Write a scalar, a sequence or a mapping on one line.

    Example:
        >>> write_flow({"size": (32, 96, 96)})
        '{size: [32, 96, 96]}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{write_flow(k)}: {write_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(write_flow(item) for item in value) + "]"
    return write_scalar(value)


def quote(text: str) -> str:
    r"""Write text in double quotes, with what cannot be printed as escapes.

    Example:
        >>> quote('say "hi"')
        '"say \\"hi\\""'
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def _stays_a_word(text: str) -> bool:
    try:
        return isinstance(resolve(text), str)
    except ValueError:
        return False
