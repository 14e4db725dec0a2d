"""Arrange scores as one array, so that all labels and measures are averaged at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kseg.evaluate.measures import MEASURE_NAMES
from kseg.evaluate.score import LabelScore


@dataclass(frozen=True)
class ScoreArray:
    """Scores of many cases as (cases, labels, measures), NaN where there is none.

    Args:
        cases: tuple of str, ids in the order in which they came.
        subjects: tuple of str, the subject of each case.
        labels: tuple of str, in the order in which they came.
        values: array (cases, labels, measures).
    """

    cases: tuple[str, ...]
    subjects: tuple[str, ...]
    labels: tuple[str, ...]
    values: np.ndarray

    def select(self, cases: Sequence[str], labels: Sequence[str]) -> np.ndarray:
        """Return the values of these cases and labels, in this order."""
        rows = [self.cases.index(case) for case in cases]
        columns = [self.labels.index(label) for label in labels]
        return self.values[np.ix_(rows, columns)]


def arrange(
    scores: Sequence[LabelScore], measures: Sequence[str] = MEASURE_NAMES, *, name: str = "scores"
) -> ScoreArray:
    """Return scores as a `ScoreArray`; ValueError if a label of a case comes twice."""
    subject_of = {score.case: score.subject for score in scores}
    row = {case: index for index, case in enumerate(subject_of)}
    column = {label: index for index, label in enumerate(dict.fromkeys(s.label for s in scores))}
    values = np.full((len(row), len(column), len(measures)), np.nan)
    seen = set()
    for score in scores:
        if (score.case, score.label) in seen:
            raise ValueError(
                f"`{name}` must hold each label of a case once."
                f" Received: {score.label!r} of {score.case!r} twice."
            )
        seen.add((score.case, score.label))
        values[row[score.case], column[score.label]] = [getattr(score, key) for key in measures]
    return ScoreArray(tuple(row), tuple(subject_of.values()), tuple(column), values)
