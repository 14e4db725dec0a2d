"""What the page's tables hold: which columns, which rows, in which order."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kseg.evaluate.measures import MEASURES, Measure
from kseg.evaluate.score import LabelScore
from kseg.evaluate.summary import MeasureSummary
from kseg.report._format import COUNT
from kseg.report.content import PageContent

# What a paper's table shows; the rest is one click away.
MAIN = ("dice", "nsd", "hd95_mm", "assd_mm", "volume_error_ml", "volume_error_percent")


# A page of more takes megabytes, and nobody reads that far: the table of all is `cases.csv`.
MOST_ROWS = 4000


@dataclass(frozen=True)
class Column:
    """A column of numbers in the table of cases.

    Args:
        name: str, attribute of `LabelScore`.
        title: str.
        unit: str, as `kseg.report._format.plain` takes it.
        main: bool, shown from the start.
        better: str, as in `Measure`; empty where neither end is better.
    """

    name: str
    title: str
    unit: str
    main: bool
    better: str = ""

    @property
    def signed(self) -> bool:
        """Whether its sign tells too much from too little."""
        return self.better == "zero"

    @property
    def first_order(self) -> str:
        """How the first click sorts it: the worst, or the largest, on top."""
        return "ascending" if self.better == "higher" else "descending"


_VOLUMES = (
    Column("truth_ml", "True volume", "ml", True),
    Column("predicted_ml", "Predicted volume", "ml", True),
)
_PIECES = (
    Column("truth_lesions", "True pieces", COUNT, False),
    Column("predicted_lesions", "Predicted pieces", COUNT, False),
)


class Rows:
    """The tables of one page.

    Args:
        content: `PageContent`.
    """

    def __init__(self, content: PageContent) -> None:
        self._content = content

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Measures that have a value anywhere."""
        return tuple(entry for entry in MEASURES if self._has_values(entry.name))

    @cached_property
    def main_measures(self) -> tuple[Measure, ...]:
        """Measures of the short table; all there are if none of them has a value."""
        return tuple(entry for entry in self.measures if entry.name in MAIN) or self.measures

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Columns of numbers in the table of cases."""
        measures = (
            Column(entry.name, entry.title, entry.unit, entry in self.main_measures, entry.better)
            for entry in self.measures
        )
        pieces = any(score.truth_lesions or score.predicted_lesions for score in self.scores)
        return (*measures, *_VOLUMES, *(_PIECES if pieces else ()))

    @cached_property
    def scores(self) -> list[LabelScore]:
        """Scores shown, the worst first: low Dice, then far surfaces; blanks last."""
        return sorted(self._content.scores, key=_badness)[:MOST_ROWS]

    @property
    def left_out(self) -> int:
        """How many scores are not shown."""
        return max(0, len(self._content.scores) - MOST_ROWS)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Labels of the table of cases, in the order of the page."""
        seen = dict.fromkeys(score.label for score in self._content.scores)
        known = [label for label in self._content.labels if label in seen]
        return tuple(dict.fromkeys((*known, *seen)))

    @cached_property
    def label_number(self) -> Mapping[str, int]:
        """Number of each label in the filter of the table of cases."""
        return {label: index for index, label in enumerate(self.labels, start=1)}

    @cached_property
    def subjects(self) -> bool:
        """Whether the subjects say more than the names of the cases."""
        return any(score.subject != score.case for score in self._content.scores)

    @cached_property
    def picture_of(self) -> Mapping[str, int]:
        """Number of the picture of each case that has one."""
        return {shown.case: index for index, shown in enumerate(self._content.pictures)}

    def counted(self, table: Mapping[str, MeasureSummary]) -> int:
        """Cases that have a value of the first measure shown, infinite ones included."""
        found = [table[entry.name] for entry in self.main_measures if entry.name in table]
        return found[0].cases + found[0].infinite if found else 0

    @cached_property
    def tolerances(self) -> Sequence[tuple[str, float]]:
        """Tolerance of NSD of each label in mm; one line without a label where all are equal."""
        found = tuple(self._content.tolerance_mm.items())
        distinct = {value for _, value in found}
        return (("", distinct.pop()),) if len(distinct) == 1 else found

    @cached_property
    def fold_columns(self) -> list[list[float]]:
        """Mean Dice and Dice of each label, fold by fold; empty where a fold is missing."""
        folds = self._content.folds
        # A mean over some of the folds would be taken for that over all.
        if len(folds) < 2 or any(line.trouble for line in folds):
            return []
        rows = [(line.mean_dice, *line.dice) for line in folds]
        return [list(column) for column in zip(*rows, strict=True)]

    @cached_property
    def fold_means(self) -> list[float]:
        """Mean of each of these columns over the folds; NaN where a fold has no value."""
        return [statistics.fmean(column) for column in self.fold_columns]

    @cached_property
    def fold_deviations(self) -> list[float]:
        """Standard deviation of each of these columns, from n - 1."""
        return [
            statistics.stdev(column) if all(map(math.isfinite, column)) else math.nan
            for column in self.fold_columns
        ]

    def _has_values(self, name: str) -> bool:
        if any(not math.isnan(getattr(score, name)) for score in self._content.scores):
            return True
        summary = self._content.summary
        tables = [entry.measures for entry in summary.labels] if summary else []
        return any(
            name in table and (table[name].cases or table[name].infinite) for table in tables
        )


def _badness(score: LabelScore) -> tuple[bool, float, float]:
    blank = math.isnan(score.dice)
    distance = 0.0 if math.isnan(score.hd95_mm) else score.hd95_mm
    return blank, 0.0 if blank else score.dice, -distance
