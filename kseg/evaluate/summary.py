"""Summarise the scores of many cases: means with honest intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kseg.evaluate.overlap import LabelScore

RESAMPLES = 2000
# With fewer cases an interval would look more certain than it is.
FEWEST_CASES = 5


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % bootstrap interval.

    Args:
        mean: float; NaN without any case.
        low: float, lower limit; NaN under 5 cases.
        high: float, upper limit; NaN under 5 cases.
        cases: int, cases that have a value.

    Example:
        >>> Interval(0.9, 0.85, 0.94, 40).to_dict()
        {'mean': 0.9, 'low': 0.85, 'high': 0.94, 'cases': 40}
    """

    mean: float
    low: float
    high: float
    cases: int

    def to_dict(self) -> dict[str, float | int | None]:
        """Return plain data for JSON, where blanks are `null`."""
        numbers = {"mean": self.mean, "low": self.low, "high": self.high}
        plain = {key: None if math.isnan(value) else value for key, value in numbers.items()}
        return {**plain, "cases": self.cases}


@dataclass(frozen=True)
class LabelSummary:
    """One label over all cases.

    Args:
        label: str, name of the label.
        dice: `Interval` of the Dice coefficient.

    Example:
        >>> LabelSummary("liver", Interval(0.9, 0.85, 0.94, 40)).dice.mean
        0.9
    """

    label: str
    dice: Interval


@dataclass(frozen=True)
class Summary:
    """All labels over all cases.

    Args:
        cases: int, cases scored, also those without any value.
        labels: one `LabelSummary` for each label.
        dice: `Interval` of the mean over labels of their mean Dice over cases.
        phantom: bool, the cases are synthetic, so no number says anything of patients.

    Example:
        >>> summary = Summary(40, (), Interval(0.9, 0.85, 0.94, 40), phantom=True)
        >>> summary.mean_dice, summary.to_dict()["data"]
        (0.9, 'phantom')
    """

    cases: int
    labels: tuple[LabelSummary, ...]
    dice: Interval
    phantom: bool = False

    @property
    def mean_dice(self) -> float:
        """Mean over labels of the mean over cases; NaN where nothing has a value."""
        return self.dice.mean

    def to_dict(self) -> dict[str, object]:
        """Return plain data in the form of `summary.json`."""
        data = {"data": "phantom"} if self.phantom else {}
        return {
            **data,
            "cases": self.cases,
            "labels": {entry.label: {"dice": entry.dice.to_dict()} for entry in self.labels},
            "mean": {"dice": self.dice.to_dict()},
        }


def summarise(scores: Sequence[LabelScore], *, phantom: bool = False, seed: int = 0) -> Summary:
    """Average scores over cases and labels, with 95 % intervals.

    The bootstrap draws subjects, not cases: two scans of one person are not two witnesses.
    Intervals are blank under 5 cases or 5 subjects with a value.

    Args:
        scores: `LabelScore`s, each case with each label; labels are kept in the order they come.
        phantom: bool, the cases are synthetic.
        seed: int, seed of the bootstrap.

    Returns:
        `Summary`.

    Raises:
        ValueError: if a label of a case comes twice.

    Example:
        >>> score = LabelScore("a", "p1", "liver", 0.9, 10, 10, 0.1, 0.1)
        >>> summarise([score]).to_dict()["mean"]
        {'dice': {'mean': 0.9, 'low': None, 'high': None, 'cases': 1}}

    Reference:
        Field and Welsh, Bootstrapping clustered data, JRSS B 69, 2007.
    """
    labels = list(dict.fromkeys(score.label for score in scores))
    dice, subjects = _table(scores, labels)
    sums, counts = _by_subject(dice, subjects)
    means = _label_means(np.ones((1, len(sums))), sums, counts)
    weights = _bootstrap_weights(len(sums), seed)
    drawn = _label_means(weights, sums, counts)
    enough = (counts.sum(axis=0) >= FEWEST_CASES) & ((counts > 0).sum(axis=0) >= FEWEST_CASES)
    per_label = tuple(
        LabelSummary(
            label,
            _interval(means[0, column], drawn[:, column], counts[:, column].sum(), enough[column]),
        )
        for column, label in enumerate(labels)
    )
    any_value = ~np.isnan(dice).all(axis=1) if labels else np.zeros(0, bool)
    enough_overall = len({subjects[row] for row in np.flatnonzero(any_value)}) >= FEWEST_CASES
    overall = _interval(
        _mean_over_labels(means)[0], _mean_over_labels(drawn), any_value.sum(), enough_overall
    )
    return Summary(len(subjects), per_label, overall, phantom)


def _table(scores, labels) -> tuple[np.ndarray, list[str]]:
    """Arrange Dice as (cases, labels), NaN where there is none, with each case's subject."""
    subject_of = {score.case: score.subject for score in scores}
    row = {case: index for index, case in enumerate(subject_of)}
    dice = np.full((len(row), len(labels)), np.nan)
    seen = set()
    for score in scores:
        if (score.case, score.label) in seen:
            raise ValueError(
                f"`scores` must hold each label of a case once."
                f" Received: {score.label!r} of {score.case!r} twice."
            )
        seen.add((score.case, score.label))
        dice[row[score.case], labels.index(score.label)] = score.dice
    return dice, list(subject_of.values())


def _by_subject(dice: np.ndarray, subjects: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Sum Dice and count values for each subject (rows) and label (columns)."""
    names = list(dict.fromkeys(subjects))
    member = np.array([[subject == name for subject in subjects] for name in names], float)
    member = member.reshape(len(names), len(subjects))
    return member @ np.nan_to_num(dice), (member @ ~np.isnan(dice)).astype(int)


def _bootstrap_weights(subjects: int, seed: int) -> np.ndarray:
    """Draw how often each subject is taken in each resample."""
    if subjects == 0:
        return np.zeros((RESAMPLES, 0))
    generator = np.random.default_rng(seed)
    return generator.multinomial(subjects, np.full(subjects, 1 / subjects), RESAMPLES)


def _label_means(weights: np.ndarray, sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    total, number = weights @ sums, weights @ counts
    means = np.full(total.shape, np.nan)
    np.divide(total, number, out=means, where=number > 0)
    return means


def _mean_over_labels(means: np.ndarray) -> np.ndarray:
    number = (~np.isnan(means)).sum(axis=1)
    result = np.full(len(means), np.nan)
    np.divide(np.nansum(means, axis=1), number, out=result, where=number > 0)
    return result


def _interval(mean: float, drawn: np.ndarray, cases: int, enough: bool) -> Interval:
    low, high = np.nanpercentile(drawn, (2.5, 97.5)) if enough else (math.nan, math.nan)
    return Interval(float(mean), float(low), float(high), int(cases))
