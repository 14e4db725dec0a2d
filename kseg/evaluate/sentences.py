"""Say in plain English what a paired comparison found."""

import math
from collections.abc import Sequence
from dataclasses import replace

from kseg.evaluate.comparison import FEWEST_TESTED, OVER_LABELS, ComparedLabel
from kseg.evaluate.measures import measure
from kseg.evaluate.tables import COMPARISON_TABLE
from kseg.words import counted

_DIGITS = {"": 3, "mm": 2, "ml": 2, "%": 1}
_MOST_LISTED = 6


def sentence(rows: Sequence[ComparedLabel], names: tuple[str, str]) -> str:
    """Tell the comparison of one measure.

    Args:
        rows: `ComparedLabel`s of one measure, one for each label and the mean over labels last.
        names: what the first and the second are called.

    Returns:
        str; it holds "no difference shown" where nothing is significant.

    Example:
        >>> numbers = dict(pairs=40, subjects=40, one_sided=0, finite_pairs=40, better=31, worse=9,
        ...     equal=0, first_mean=0.921, second_mean=0.903, difference=0.018, low=0.006,
        ...     high=0.03, p=0.004, corrected_p=0.004, winner="A")
        >>> rows = [ComparedLabel("dice", label, **numbers) for label in ("liver", "mean")]
        >>> print(sentence(rows, ("A", "B")))
        Dice: A is better than B for liver (0.921 against 0.903; difference 0.018, 95 % interval
        0.006 to 0.030; 31 of 40 cases better; p = 0.004).
    """
    *labels, overall = rows
    title = _title(rows[0].measure)
    both = f"{names[0]} and {names[1]}"
    if overall.pairs == 0:
        return f"{title}: not compared, as no case has a value in both {both}."
    if math.isnan(overall.p):
        return (
            f"{title}: too few subjects to test {both}: {overall.subjects} with a value in both,"
            f" and at least {FEWEST_TESTED} are needed ({_numbers(overall, names)})."
        )
    tested = [row for row in labels if not math.isnan(row.p)]
    found = _winners(tested, names) + (_overall(overall, names) if len(labels) > 1 else [])
    if not any(row.winner for row in (*tested, overall)):
        found = [_nothing(labels, overall, names)]
    else:
        rest = [row.label for row in tested if not row.winner]
        found += [f"No difference shown for {_listed(rest)}"] if rest else []
    untested = [f"{row.label} ({row.subjects})" for row in labels if math.isnan(row.p)]
    if untested:
        found.append(f"Too few subjects to test {_listed(untested)}")
    return f"{title}: {'. '.join(found)}."


def _nothing(labels, overall, names) -> str:
    several = f", neither for any of {len(labels)} labels nor for their mean"
    return (
        f"no difference shown between {names[0]} and {names[1]}{several if len(labels) > 1 else ''}"
        f" ({_numbers(overall, names)}). That is no proof that they are equal"
    )


def _winners(tested, names) -> list[str]:
    """Tell for each of the two the labels for which it is better."""
    found = []
    for winner, loser in (names, names[::-1]):
        won = [row for row in tested if row.winner == winner]
        shown = won if len(won) <= _MOST_LISTED else _most_different(won)
        told = [
            f"{row.label} ({_numbers(_seen_by(winner, row, names), names, len(tested))})"
            for row in shown
        ]
        if len(shown) < len(won):
            told.append(f"{counted(len(won) - len(shown), 'more label')}: see {COMPARISON_TABLE}")
        if won:
            found.append(f"{winner} is better than {loser} for {_joined(told)}")
    return found


def _most_different(rows: Sequence[ComparedLabel]) -> list[ComparedLabel]:
    """Return those with the largest difference, one that is infinite in all cases first."""
    sizes = {row.label: abs(row.difference) if row.finite_pairs else math.inf for row in rows}
    return sorted(rows, key=lambda row: -sizes[row.label])[: _MOST_LISTED - 1]


def _overall(row, names) -> list[str]:
    if not row.winner:
        return [f"No difference shown for the mean over labels ({_numbers(row, names)})"]
    loser = names[1] if row.winner == names[0] else names[0]
    seen = _seen_by(row.winner, row, names)
    return [
        f"{row.winner} is better than {loser} in the mean over labels ({_numbers(seen, names)})"
    ]


def _seen_by(winner: str, row: ComparedLabel, names: tuple[str, str]) -> ComparedLabel:
    """Turn the row round where the second is better, so that the better one stands first."""
    if winner == names[0]:
        return row
    return replace(
        row,
        first_mean=row.second_mean,
        second_mean=row.first_mean,
        difference=-row.difference,
        low=-row.high,
        high=-row.low,
        better=row.worse,
        worse=row.better,
    )


def _numbers(row: ComparedLabel, names: tuple[str, str], corrected_for: int = 1) -> str:
    entry = measure(row.measure)
    unit = f" {entry.unit}" if entry.unit else ""
    digits = _digits(row.difference, entry.unit) if row.winner else _DIGITS[entry.unit]
    parts = []
    if row.finite_pairs:
        first, second, difference, low, high = (
            f"{round(value, digits) + 0.0:.{digits}f}"
            for value in (row.first_mean, row.second_mean, row.difference, row.low, row.high)
        )
        limits = "" if math.isnan(row.low) else f", 95 % interval {low} to {high}{unit}"
        parts += [f"{first} against {second}{unit}", f"difference {difference}{unit}{limits}"]
    if row.finite_pairs < row.pairs:
        parts.append(f"these over the {row.finite_pairs} cases of {row.pairs} finite in both")
    parts.append(
        f"{row.better} of {row.pairs} cases better"
        if row.winner
        else f"{names[0]} better in {row.better}, {names[1]} in {row.worse} of {row.pairs} cases"
    )
    if row.one_sided:
        what = "labels of" if row.label == OVER_LABELS else ""
        parts.append(f"{what} {row.one_sided} left out where only one has a value".strip())
    if row.winner and row.difference * (1 if entry.better == "higher" else -1) < 0:
        parts.append("its mean is the worse one all the same, by a few large differences")
    if not math.isnan(row.corrected_p):
        correction = f" after correction for {corrected_for} labels" if corrected_for > 1 else ""
        parts.append(_p_value(row.corrected_p) + correction)
    return "; ".join(parts)


def _digits(difference: float, unit: str) -> int:
    """Show enough digits that a difference which is there does not read as zero."""
    usual = _DIGITS[unit]
    if not math.isfinite(difference) or abs(difference) < 1e-6:
        return usual
    return max(usual, -math.floor(math.log10(abs(difference))))


def _p_value(p: float) -> str:
    if p < 0.001:
        return "p < 0.001"
    # 0.0497 must not read as 0.050.
    digits = 4 if 0.0495 <= p < 0.05 else 3 if p < 0.1 else 2
    return f"p = {p:.{digits}f}"


def _title(name: str) -> str:
    entry = measure(name)
    signed = entry.better == "zero"
    return f"{entry.title} in {entry.unit}, sign left aside" if signed else entry.title


def _listed(words: Sequence[str]) -> str:
    if len(words) <= _MOST_LISTED:
        return _joined(words)
    return f"{', '.join(words[: _MOST_LISTED - 1])} and {len(words) - _MOST_LISTED + 1} more labels"


def _joined(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
