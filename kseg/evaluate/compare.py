"""Compare two predictions of the same cases, pair by pair."""

import math
from collections.abc import Sequence

import numpy as np

from kseg.evaluate._arrange import ScoreArray, arrange
from kseg.evaluate.bootstrap import resample_means
from kseg.evaluate.comparison import (
    FEWEST_TESTED,
    OVER_LABELS,
    SIGNIFICANT,
    ComparedLabel,
    Comparison,
    Unpaired,
)
from kseg.evaluate.measures import measure
from kseg.evaluate.score import LabelScore
from kseg.evaluate.sentences import sentence
from kseg.evaluate.signed_rank import holm, signed_rank


def compare(
    scores: Sequence[LabelScore],
    other: Sequence[LabelScore],
    *,
    names: tuple[str, str] = ("first", "second"),
    measures: Sequence[str] = ("dice", "nsd", "hd95_mm"),
    seed: int = 0,
) -> Comparison:
    """Compare two predictions by their differences case by case.

    Subjects are the witnesses: Wilcoxon's signed-rank test takes one difference from each, the
    mean over its cases, and intervals draw subjects. Labels are corrected for (Holm); the mean
    over the labels that a case has in both is a single test and is not. An infinite distance
    counts as worse than any other, and two of them as equal.

    Args:
        scores: `LabelScore`s of the first; its subjects hold.
        other: `LabelScore`s of the second, over the same truth.
        names: what the first and the second are called; they must differ.
        measures: names of measures.
        seed: int, seed of the bootstrap.

    Returns:
        `Comparison`, which lists what only one of the two has.

    Raises:
        ValueError: if a label of a case comes twice, or names or measures are no such thing.

    Example:
        >>> ours = [LabelScore(f"c{n}", f"p{n}", "liver", 0.9 + n / 100) for n in range(8)]
        >>> theirs = [LabelScore(f"c{n}", f"p{n}", "liver", 0.8 - n / 100) for n in range(8)]
        >>> print(compare(ours, theirs, names=("A", "B"), measures=["dice"]).sentences[0])
        Dice: A is better than B for liver (0.935 against 0.765; difference 0.170, 95 % interval
        0.130 to 0.210; 8 of 8 cases better; p = 0.008).
    """
    if len(names) != 2 or names[0] == names[1] or not all(names):
        raise ValueError(f"`names` must be two different names. Received: names={names!r}.")
    directions = [measure(name).better for name in measures]
    first, second = arrange(scores, measures), arrange(other, measures, name="other")
    common, shared = set(first.cases) & set(second.cases), set(first.labels) & set(second.labels)
    cases = [case for case in first.cases if case in common]
    labels = [label for label in first.labels if label in shared]
    subject_of = dict(zip(first.cases, first.subjects))
    pairs = _Pairs(
        first.select(cases, labels), second.select(cases, labels), directions,
        [subject_of[case] for case in cases], seed,
    )  # fmt: skip
    rows: list[ComparedLabel] = []
    sentences = []
    for column, name in enumerate(measures):
        found = _of_measure(pairs, column, name, labels, names)
        rows += found
        sentences.append(sentence(found, names))
    return Comparison(
        tuple(names), tuple(rows), tuple(sentences), _unpaired(scores, other, first, second, names)
    )


class _Pairs:
    """Values of both, with the mean over labels as a last label: (cases, labels + 1, measures)."""

    def __init__(self, first, second, directions, subjects, seed):
        unsigned = np.array([better == "zero" for better in directions], bool)
        first, second = (np.where(unsigned, np.abs(values), values) for values in (first, second))
        both = ~(np.isnan(first) | np.isnan(second))
        one_sided = np.isnan(first) ^ np.isnan(second)
        gains = np.array([1 if better == "higher" else -1 for better in directions])
        gain = _subtract(first, second) * gains
        self.first = _with_mean(first, both)
        self.second = _with_mean(second, both)
        self.both = np.concatenate([both, both.any(axis=1, keepdims=True)], axis=1)
        self.one_sided = np.concatenate([one_sided, one_sided.any(axis=1, keepdims=True)], axis=1)
        # Positive where the first is better; rounded as equal scores may differ in the last bit.
        self.gain = np.round(_with_mean(gain, both), 12)
        self.finite = np.isfinite(self.first) & np.isfinite(self.second)
        self.subjects = subjects
        difference = np.where(self.finite, _subtract(self.first, self.second), np.nan)
        resampled = resample_means(difference, subjects, seed=seed)
        self.difference = resampled.mean
        self.low, self.high = resampled.interval()

    def gain_of_subjects(self, row: int, column: int) -> list[float]:
        """Average the gain over the cases of each subject that has one."""
        by_subject: dict[str, list[float]] = {}
        for subject, gain in zip(self.subjects, self.gain[:, row, column]):
            if not math.isnan(gain):
                by_subject.setdefault(subject, []).append(float(gain))
        means = [sum(gains) / len(gains) for gains in by_subject.values()]
        # Infinitely better in one scan and infinitely worse in another is a tie.
        return [0.0 if math.isnan(mean) else mean for mean in means]


def _of_measure(pairs: _Pairs, column: int, name: str, labels, names) -> list[ComparedLabel]:
    gains = [pairs.gain_of_subjects(row, column) for row in range(len(labels) + 1)]
    tests = [signed_rank(gain) if len(gain) >= FEWEST_TESTED else (math.nan, 0) for gain in gains]
    tested = [row for row in range(len(labels)) if not math.isnan(tests[row][0])]
    corrected = {row: p for row, p in zip(tested, holm([tests[row][0] for row in tested]))}
    corrected[len(labels)] = tests[-1][0]
    rows = []
    for row, label in enumerate((*labels, OVER_LABELS)):
        finite, gain = pairs.finite[:, row, column], pairs.gain[:, row, column]
        p, side = tests[row]
        winner = names[0] if side > 0 else names[1] if side < 0 else ""
        corrected_p = corrected.get(row, math.nan)
        rows.append(
            ComparedLabel(
                measure=name,
                label=label,
                pairs=int(pairs.both[:, row, column].sum()),
                subjects=len(gains[row]),
                one_sided=int(pairs.one_sided[:, row, column].sum()),
                finite_pairs=int(finite.sum()),
                first_mean=_mean(pairs.first[finite, row, column]),
                second_mean=_mean(pairs.second[finite, row, column]),
                difference=float(pairs.difference[row, column]),
                low=float(pairs.low[row, column]),
                high=float(pairs.high[row, column]),
                better=int((gain > 0).sum()),
                worse=int((gain < 0).sum()),
                equal=int((gain == 0).sum()),
                p=p,
                corrected_p=corrected_p,
                winner=winner if corrected_p < SIGNIFICANT else "",
            )
        )
    return rows


def _subtract(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return first minus second, where two infinite values are equal."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(first) & np.isinf(second), 0.0, first - second)


def _with_mean(values: np.ndarray, both: np.ndarray) -> np.ndarray:
    """Blank what has no pair and add the mean over labels as a last label."""
    number = both.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        mean = np.where(both, values, 0.0).sum(axis=1, keepdims=True) / np.maximum(number, 1)
    # Infinitely better in one label and infinitely worse in another is a tie.
    mean = np.where(number > 0, np.where(np.isnan(mean), 0.0, mean), np.nan)
    return np.concatenate([np.where(both, values, np.nan), mean], axis=1)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else math.nan


def _unpaired(
    scores: Sequence[LabelScore],
    other: Sequence[LabelScore],
    first: ScoreArray,
    second: ScoreArray,
    names: tuple[str, str],
) -> tuple[Unpaired, ...]:
    found: list[Unpaired] = []
    for ours, theirs, case_ids, name in (
        (scores, other, set(second.cases), names[0]),
        (other, scores, set(first.cases), names[1]),
    ):
        keys = {(score.case, score.label) for score in theirs}
        lone = (score for score in ours if (score.case, score.label) not in keys)
        found += dict.fromkeys(
            Unpaired(score.case, score.label if score.case in case_ids else "", name)
            for score in lone
        )
    return tuple(found)
