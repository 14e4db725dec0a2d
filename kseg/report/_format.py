"""Numbers as people read them."""

import math

from markupsafe import Markup

COUNT = "count"
BLANK = "–"
_DIGITS = {"": 3, "mm": 2, "ml": 1, "%": 1, COUNT: 0}


def plain(value: float, unit: str = "", *, signed: bool = False) -> str:
    """Return a number as text, with the digits that its unit deserves.

    Args:
        value: float; NaN is a blank.
        unit: str, `""` for a number from 0 to 1, `"mm"`, `"ml"`, `"%"` or `"count"`.
        signed: bool, write a plus sign too.

    Returns:
        str, without the unit.

    Example:
        >>> plain(0.91249), plain(3.14159, "mm"), plain(math.nan), plain(math.inf, "mm")
        ('0.912', '3.14', '–', '∞')
        >>> plain(-12.34, "%", signed=True), plain(12.34, "%", signed=True)
        ('−12.3', '+12.3')
    """
    if math.isnan(value):
        return BLANK
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:+,.{_DIGITS[unit]}f}"
    if not any(digit in text for digit in "123456789"):
        return text[1:]
    if text[0] == "-":
        return "−" + text[1:]
    return text if signed else text[1:]


def number(value: float, unit: str = "", *, signed: bool = False) -> Markup:
    """Return a number as HTML, where a blank and an infinite one say what they are.

    Args:
        value: float; NaN is a blank.
        unit: str, as in `plain`.
        signed: bool, write a plus sign too.

    Returns:
        Markup.

    Example:
        >>> number(math.nan)
        Markup('<abbr title="no value">–</abbr>')
    """
    text = plain(value, unit, signed=signed)
    if math.isnan(value):
        return Markup(f'<abbr title="no value">{text}</abbr>')
    if math.isinf(value):
        return Markup(f'<abbr title="infinite">{text}</abbr>')
    return Markup(text)


def interval(low: float, high: float, unit: str = "", *, signed: bool = False) -> Markup:
    """Return an interval as HTML.

    Args:
        low: float; NaN where there is no interval.
        high: float.
        unit: str, as in `plain`.
        signed: bool, write plus signs too.

    Returns:
        Markup.

    Example:
        >>> interval(0.89, 0.93)
        Markup('0.890 to 0.930')
    """
    if math.isnan(low) or math.isnan(high):
        return number(math.nan)
    return Markup(f"{plain(low, unit, signed=signed)} to {plain(high, unit, signed=signed)}")


def sort_value(value: float) -> str:
    """Return a number as the page's script reads it; a blank is empty.

    Example:
        >>> sort_value(0.5), sort_value(math.inf), sort_value(math.nan)
        ('0.5', 'Infinity', '')
    """
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return f"{value:.7g}"


def counted(count: int, noun: str) -> str:
    """Return a number of things with their noun.

    Example:
        >>> counted(1, "trial"), counted(1200, "step")
        ('1 trial', '1,200 steps')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
