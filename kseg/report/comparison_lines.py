"""A paired comparison as the lines of a table."""

import math

from kseg.evaluate import ComparedLabel, Comparison, measure
from kseg.report.content import ComparisonLine

BLANK = "–"


def comparison_columns(comparison: Comparison) -> tuple[str, ...]:
    """Return the headings of the cells of `comparison_lines`.

    Args:
        comparison: `Comparison`.

    Returns:
        tuple of str.

    Example:
        >>> comparison_columns(Comparison(("A", "B"), (), (), ()))[1:4]
        ('A', 'B', 'Difference')
    """
    first, second = comparison.names
    return (
        "Pairs",
        first,
        second,
        "Difference",
        "95 % interval",
        "Better / worse / equal",
        "p",
        "p, corrected",
        "Better is",
    )


def comparison_lines(comparison: Comparison) -> tuple[ComparisonLine, ...]:
    """Return a line for each measure and label.

    Args:
        comparison: `Comparison`.

    Returns:
        tuple of `ComparisonLine`.
    """
    return tuple(_line(row) for row in comparison.rows)


def _line(row: ComparedLabel) -> ComparisonLine:
    what = measure(row.measure)
    digits = 2 if what.unit else 3
    numbers = [_number(value, digits) for value in (row.first_mean, row.second_mean)]
    interval = BLANK
    if math.isfinite(row.low):
        interval = f"{_number(row.low, digits)} to {_number(row.high, digits)}"
    unit = f" ({what.unit})" if what.unit else ""
    return ComparisonLine(
        f"{what.title}{unit}",
        row.label,
        (
            str(row.pairs),
            *numbers,
            _number(row.difference, digits),
            interval,
            f"{row.better} / {row.worse} / {row.equal}",
            _p(row.p),
            _p(row.corrected_p),
            row.winner or BLANK,
        ),
    )


def _number(value: float, digits: int) -> str:
    if math.isnan(value):
        return BLANK
    text = f"{value:.{digits}f}"
    # A true minus sign, and none before a zero.
    text = text.lstrip("-") if float(text) == 0 else text
    return "∞" if math.isinf(value) else text.replace("-", "−")


def _p(value: float) -> str:
    if math.isnan(value):
        return BLANK
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
