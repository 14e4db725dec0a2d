"""How many digits a network names rightly, and how far chance may have moved that share."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from kseg.dataset.sources.digits import DIGIT_NAMES, Digits
from kseg.storage import write_json, write_text

# Two-sided 95 % of a normal distribution.
_DEVIATIONS = 1.959963984540054


@dataclass(frozen=True)
class Share:
    """A share of digits that were named rightly, with its 95 % interval after Wilson.

    Args:
        mean: float, share from 0 to 1; NaN without any digit.
        low: float, lower end of the interval.
        high: float, upper end.
        cases: int, digits that were judged.
    """

    mean: float
    low: float
    high: float
    cases: int


@dataclass(frozen=True)
class DigitsSummary:
    """How well digits were named.

    Args:
        accuracy: `Share` of all digits.
        digits: `Share` of each digit, by its name.
    """

    accuracy: Share
    digits: Mapping[str, Share]

    def to_dict(self) -> dict[str, object]:
        """Return plain data for `summary.json`; what has no value is null."""
        return {
            "cases": self.accuracy.cases,
            "interval": "95 %, Wilson",
            "accuracy": _plain(self.accuracy),
            "digits": {name: _plain(share) for name, share in self.digits.items()},
        }


def wilson(right: int, cases: int) -> Share:
    """Return a share with its 95 % interval, which never leaves 0 to 1.

    Args:
        right: int, how many of them.
        cases: int, of how many.

    Returns:
        `Share`; all NaN without any case.

    Example:
        >>> share = wilson(9665, 10_000)
        >>> round(share.low, 4), round(share.high, 4)
        (0.9628, 0.9699)

    Reference:
        Wilson, Probable inference, the law of succession, and statistical inference, 1927.
    """
    if not cases:
        return Share(math.nan, math.nan, math.nan, 0)
    mean, square = right / cases, _DEVIATIONS**2 / cases
    middle = mean + square / 2
    reach = _DEVIATIONS * math.sqrt(mean * (1 - mean) / cases + square / (4 * cases))
    low, high = (middle - reach) / (1 + square), (middle + reach) / (1 + square)
    return Share(mean, max(0.0, low), min(1.0, high), cases)


def summarise_digits(labels: Sequence[int], predicted: Sequence[int]) -> DigitsSummary:
    """Return the shares of digits that were named rightly.

    Args:
        labels: the true digits.
        predicted: the digits that were found, in the same order.

    Returns:
        `DigitsSummary`.
    """
    labels, right = np.asarray(labels), np.asarray(labels) == np.asarray(predicted)
    digits = {
        name: wilson(int(right[labels == value].sum()), int((labels == value).sum()))
        for value, name in enumerate(DIGIT_NAMES)
    }
    return DigitsSummary(wilson(int(right.sum()), len(right)), digits)


def write_digit_tables(folder: Path, digits: Digits, predicted: Sequence[int]) -> DigitsSummary:
    """Write `digits.csv`, one row a digit, and `summary.json`.

    Args:
        folder: path of the run's `validation` folder.
        digits: `Digits`.
        predicted: what each of the digits for validation was taken for.

    Returns:
        `DigitsSummary`, as written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["case", "label", "predicted"])
    rows = zip(digits.test_labels, predicted, strict=True)
    writer.writerows([case_id("test", row), *map(int, pair)] for row, pair in enumerate(rows))
    write_text(folder / "digits.csv", text.getvalue())
    summary = summarise_digits(digits.test_labels, predicted)
    write_json(folder / "summary.json", summary.to_dict())
    return summary


def case_id(side: str, row: int) -> str:
    """Return the id of a digit.

    Args:
        side: `"train"` or `"test"`.
        row: int, its place in the file, from 0.

    Returns:
        str.

    Example:
        >>> case_id("test", 12)
        'test_00012'
    """
    return f"{side}_{row:05d}"


def _plain(share: Share) -> dict[str, object]:
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in asdict(share).items()
    }
