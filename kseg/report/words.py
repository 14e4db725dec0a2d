"""Sentences that a page says about scores, whoever computed them."""

from collections.abc import Sequence

from kseg.evaluate import FEWEST, LabelScore, Summary, measure
from kseg.words import counted


def score_warnings(scores: Sequence[LabelScore], summary: Summary | None) -> tuple[str, ...]:
    """Return what a reader should know before trusting the numbers.

    Args:
        scores: `LabelScore`s of all cases.
        summary: `Summary` of them, or None where nothing was judged.

    Returns:
        tuple of sentences.

    Example:
        >>> from kseg.evaluate import summarise
        >>> scores = [LabelScore("a", "p1", "liver", dice=0.9)]
        >>> score_warnings(scores, summarise(scores))
        ('1 case is too few for an interval.',)
    """
    if summary is None:
        return ()
    warnings = []
    if summary.cases < FEWEST:
        told = counted(summary.cases, "case is", "cases are")
        warnings.append(f"{told} too few for an interval.")
    subjects = len({score.subject for score in scores})
    if subjects < summary.cases:
        warnings.append(
            f"{summary.cases} cases come from {counted(subjects, 'subject')}; "
            "intervals count subjects."
        )
    for entry in summary.labels:
        infinite = entry.measures["hd95_mm"].infinite if "hd95_mm" in entry.measures else 0
        if infinite:
            title = measure("hd95_mm").title
            warnings.append(
                f"{entry.label}: in {infinite} of {summary.cases} cases only one of the masks "
                f"holds it, so its distances ({title} and others) are infinite there; they are "
                "left out of the mean and counted in the median."
            )
    return tuple(warnings)
