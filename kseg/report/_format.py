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


def sort_text(text: str) -> Markup:
    """Return the attribute by which the page's script sorts a cell that may hold a number.

    Args:
        text: str, what the cell shows; empty for a blank.

    Returns:
        Markup, empty for a cell that is sorted by its letters.

    Example:
        >>> sort_text("0.003"), sort_text(""), sort_text("poly")
        (Markup(' data-v="0.003"'), Markup(' data-v=""'), Markup(''))
    """
    try:
        return Markup(f' data-v="{sort_value(float(text or math.nan))}"')
    except ValueError:
        return Markup("")


def figures(value: float, digits: int = 4, *, padded: bool = False) -> str:
    """Return a number of any size as text, with so many digits that count.

    Args:
        value: float; NaN is a blank.
        digits: int.
        padded: bool, write zeros at the end of a fraction too, as a column of numbers needs.

    Returns:
        str.

    Example:
        >>> figures(0.0032114), figures(1234567), figures(-2.0), figures(math.nan)
        ('0.003211', '1,234,567', '−2', '–')
        >>> figures(0.2, 3, padded=True), figures(2, 3, padded=True)
        ('0.200', '2')
    """
    if not math.isfinite(value):
        return plain(value)
    if abs(value) >= 10**digits or float(value).is_integer():
        text = f"{value:,.0f}"
    else:
        text = f"{value:{'#' if padded else ''}.{digits}g}"
    return text.replace("-", "−", 1) if value < 0 else text
