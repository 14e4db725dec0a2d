"""Summarise the scores of many cases: means with honest intervals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kseg.evaluate._arrange import arrange
from kseg.evaluate.bootstrap import resample_means
from kseg.evaluate.measures import MEASURE_NAMES
from kseg.evaluate.score import EvaluateSettings, LabelScore

RULES = (
    "A label that neither mask of a case holds has no value there and is not counted."
    " A label that only one of the masks holds scores 0 in Dice, IoU, NSD and lesion F1, its"
    " surface distances are infinite, and shares of nothing are blank."
    " Means are over finite values; `infinite` counts the values left out, and medians take them"
    " as larger than all others."
)


@dataclass(frozen=True)
class MeasureSummary:
    """One measure over many cases.

    Args:
        mean: float, mean over finite values; NaN without any.
        low: float, lower limit of the mean's 95 % interval; NaN under 5 cases or 5 subjects.
        high: float, its upper limit.
        median: float, median over all values, infinite ones included; NaN without any.
        cases: int, cases that have a finite value.
        infinite: int, cases whose value is infinite; over labels, cases with one that is.

    Example:
        >>> MeasureSummary(0.9, 0.85, 0.94, 0.91, 40).to_dict()
        {'mean': 0.9, 'low': 0.85, 'high': 0.94, 'median': 0.91, 'cases': 40}
    """

    mean: float
    low: float
    high: float
    median: float
    cases: int
    infinite: int = 0

    def to_dict(self) -> dict[str, float | int | None]:
        """Return plain data for JSON, where what is blank or infinite is `null`."""
        numbers = {"mean": self.mean, "low": self.low, "high": self.high, "median": self.median}
        plain = {key: value if math.isfinite(value) else None for key, value in numbers.items()}
        return {
            **plain,
            "cases": self.cases,
            **({"infinite": self.infinite} if self.infinite else {}),
        }


@dataclass(frozen=True)
class LabelSummary:
    """One label over all cases.

    Args:
        label: str, name of the label.
        measures: mapping of a measure's name to its `MeasureSummary`; always holds `"dice"`.

    Example:
        >>> LabelSummary("liver", {"dice": MeasureSummary(0.9, 0.85, 0.94, 0.91, 40)}).dice.mean
        0.9
    """

    label: str
    measures: Mapping[str, MeasureSummary]

    @property
    def dice(self) -> MeasureSummary:
        """The Dice coefficient."""
        return self.measures["dice"]


@dataclass(frozen=True)
class Summary:
    """All labels over all cases.

    Args:
        cases: int, cases judged, also those without any value.
        labels: one `LabelSummary` for each label.
        mean: mapping of a measure's name to its `MeasureSummary` over labels: the mean of the
            labels' means, and the median of the cases' means over their finite values.
        phantom: bool, the cases are synthetic, so no number says anything of patients.

    Example:
        >>> overall = {"dice": MeasureSummary(0.9, 0.85, 0.94, 0.91, 40)}
        >>> summary = Summary(40, (), overall, phantom=True)
        >>> summary.mean_dice, summary.to_dict()["data"]
        (0.9, 'phantom')
    """

    cases: int
    labels: tuple[LabelSummary, ...]
    mean: Mapping[str, MeasureSummary]
    phantom: bool = False

    @property
    def mean_dice(self) -> float:
        """Mean over labels of the mean over cases; NaN where nothing has a value."""
        return self.mean["dice"].mean

    def to_dict(self, settings: EvaluateSettings | None = None) -> dict[str, object]:
        """Return plain data in the form of `summary.json`.

        Args:
            settings: `EvaluateSettings` of the scores; where surfaces were measured, the
                tolerance of NSD is told: one number, or one for each label where they differ.

        Returns:
            dict that JSON can hold.
        """
        data: dict[str, object] = {"data": "phantom"} if self.phantom else {}
        data["cases"] = self.cases
        data["labels"] = {entry.label: _to_dict(entry.measures) for entry in self.labels}
        data["mean"] = _to_dict(self.mean)
        if settings is not None and "nsd" in self.mean:
            each = {entry.label: settings.tolerance_of(entry.label) for entry in self.labels}
            values = set(each.values())
            data["tolerance_mm"] = values.pop() if len(values) == 1 else each
        data["rules"] = RULES
        return data


def summarise(scores: Sequence[LabelScore], *, phantom: bool = False, seed: int = 0) -> Summary:
    """Average scores over cases and labels, with 95 % intervals.

    The bootstrap draws subjects, not cases: two scans of one person are not two witnesses.
    A measure that no label of any case has a value of is left out, but for Dice.

    Args:
        scores: `LabelScore`s, each case with each label; labels are kept in the order they come.
        phantom: bool, the cases are synthetic.
        seed: int, seed of the bootstrap.

    Returns:
        `Summary`.

    Raises:
        ValueError: if a label of a case comes twice.

    Example:
        >>> summarise([LabelScore("a", "p1", "liver", 0.9)]).to_dict()["mean"]
        {'dice': {'mean': 0.9, 'low': None, 'high': None, 'median': 0.9, 'cases': 1}}
    """
    table = arrange(scores)
    measured = ~np.isnan(table.values).all(axis=(0, 1))
    names = [n for n, kept in zip(MEASURE_NAMES, measured) if n == "dice" or kept]
    values = table.values[:, :, [MEASURE_NAMES.index(name) for name in names]]
    by_label = resample_means(values, table.subjects, seed=seed)
    overall = by_label.averaged()
    low, high = by_label.interval()
    per_label = tuple(
        LabelSummary(
            label,
            _measures(names, by_label.mean[row], low[row], high[row], values[:, row]),
        )
        for row, label in enumerate(table.labels)
    )
    mean = _measures(names, overall.mean, *overall.interval(), _mean_over_labels(values))
    infinite = np.isinf(values).any(axis=1).sum(axis=0)
    mean = {
        name: replace(entry, infinite=int(count))
        for (name, entry), count in zip(mean.items(), infinite)
    }
    return Summary(len(table.cases), per_label, mean, phantom)


def _measures(names, mean, low, high, values) -> dict[str, MeasureSummary]:
    """Join means and limits (measures) with what the values (cases, measures) tell themselves."""
    return {
        name: MeasureSummary(
            mean=float(mean[column]),
            low=float(low[column]),
            high=float(high[column]),
            median=_median(values[:, column]),
            cases=int(np.isfinite(values[:, column]).sum()),
            infinite=int(np.isinf(values[:, column]).sum()),
        )
        for column, name in enumerate(names)
    }


def _mean_over_labels(values: np.ndarray) -> np.ndarray:
    """Average (cases, labels, measures) over the labels with a finite value; NaN without any."""
    finite = np.isfinite(values)
    number = finite.sum(axis=1)
    result = np.full(number.shape, np.nan)
    np.divide(np.where(finite, values, 0.0).sum(axis=1), number, out=result, where=number > 0)
    return result


def _median(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else math.nan


def _to_dict(measures: Mapping[str, MeasureSummary]) -> dict[str, dict[str, float | int | None]]:
    return {name: entry.to_dict() for name, entry in measures.items()}
