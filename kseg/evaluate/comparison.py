"""What the comparison of two predictions of the same cases found."""

import math
from dataclasses import asdict, dataclass

OVER_LABELS = "mean over labels"
SIGNIFICANT = 0.05
# The signs of 5 differences can fall in 32 ways, 2 of them all alike: p is never below 0.0625.
FEWEST_TESTED = 6


@dataclass(frozen=True)
class ComparedLabel:
    """One measure of one label, first against second, over the cases that both have.

    For a measure whose best value is zero, sizes without their signs are compared.

    Args:
        measure: str, name of the measure.
        label: str, name of the label, or `"mean over labels"`.
        pairs: int, cases with a value in both.
        subjects: int, subjects with a pair.
        one_sided: int, cases in which only one of the two has a value of the label (of any label,
            for the mean over labels); that value is left out.
        finite_pairs: int, pairs of finite values; means and difference are over these.
        first_mean: float, mean of the first; NaN without a finite pair.
        second_mean: float, mean of the second.
        difference: float, first minus second mean.
        low: float, lower limit of the difference's 95 % interval; NaN under 5 subjects.
        high: float, its upper limit.
        better: int, pairs in which the first is better.
        worse: int, pairs in which the first is worse.
        equal: int, pairs without a difference.
        p: float, of Wilcoxon's signed-rank test over subjects; NaN under 6 subjects.
        corrected_p: float, by Holm over the labels of the measure; `p` itself for the mean over
            labels, which is one test.
        winner: str, name of the better one where `corrected_p` is below 0.05, otherwise empty.
    """

    measure: str
    label: str
    pairs: int
    subjects: int
    one_sided: int
    finite_pairs: int
    first_mean: float
    second_mean: float
    difference: float
    low: float
    high: float
    better: int
    worse: int
    equal: int
    p: float
    corrected_p: float
    winner: str

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON, where blanks are `null`."""
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in asdict(self).items()
        }


@dataclass(frozen=True)
class Unpaired:
    """What only one of the two predictions has, so that it could not be compared.

    Args:
        case: str, id of the case.
        label: str, the label that is missing in the other; empty where the whole case is.
        only_in: str, name of the prediction that has it.
    """

    case: str
    label: str
    only_in: str


@dataclass(frozen=True)
class Comparison:
    """Two predictions compared case by case.

    Args:
        names: tuple of 2 str, what the first and the second are called.
        rows: tuple of `ComparedLabel`: for each measure the labels, then the mean over them.
        sentences: tuple of str, one for each measure.
        unpaired: tuple of `Unpaired`.

    Example:
        >>> Comparison(("A", "B"), (), ("Dice: no difference shown.",), ()).to_dict()["first"]
        'A'
    """

    names: tuple[str, str]
    rows: tuple[ComparedLabel, ...]
    sentences: tuple[str, ...]
    unpaired: tuple[Unpaired, ...]

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON, where blanks are `null`."""
        return {
            "first": self.names[0],
            "second": self.names[1],
            "sentences": list(self.sentences),
            "rows": [row.to_dict() for row in self.rows],
            "unpaired": [asdict(entry) for entry in self.unpaired],
        }
