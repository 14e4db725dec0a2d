"""One prediction, or two of the same cases, from what was judged to what is written of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kseg.evaluate.compare import compare
from kseg.evaluate.comparison import Comparison
from kseg.evaluate.folders import Evaluation, share_labels
from kseg.evaluate.left_out import Against, LeftOut
from kseg.evaluate.pairs import Pairing
from kseg.evaluate.score import EvaluateSettings
from kseg.evaluate.summary import Summary, summarise
from kseg.evaluate.tables import write_tables

_NAMES_OF_NAMESAKES = ("PREDICTED", "OTHER")


@dataclass(frozen=True)
class Judged:
    """One prediction, and what came of it.

    Args:
        name: str, what it is called, unlike the other one's name where there are two.
        pairing: `Pairing`.
        evaluation: `Evaluation`.
    """

    name: str
    pairing: Pairing
    evaluation: Evaluation

    @property
    def left_out(self) -> LeftOut:
        """What no number of it covers."""
        return LeftOut(
            missing=self.pairing.missing,
            unused=tuple(path.name for path in self.pairing.unused),
            failed=self.evaluation.failures,
            notes=self.evaluation.notes,
        )


def join_judged(
    pairings: Sequence[Pairing], evaluations: Sequence[Evaluation]
) -> tuple[Judged, ...]:
    """Join what was asked with what came of it; two predictions get the same labels.

    Args:
        pairings: one `Pairing`, or two over the same truth.
        evaluations: one `Evaluation` for each.

    Returns:
        tuple of `Judged`.
    """
    names = tuple(pairing.name for pairing in pairings)
    if len(set(names)) < len(names):
        names = _NAMES_OF_NAMESAKES
    if len(evaluations) > 1:
        evaluations = share_labels(*evaluations)
    return tuple(map(Judged, names, pairings, evaluations))


def compare_judged(judged: Sequence[Judged]) -> Comparison | None:
    """Compare two predictions.

    Args:
        judged: sequence of `Judged`, from `join_judged`.

    Returns:
        `Comparison`, or None where there is only one or one of them has no score.
    """
    if len(judged) < 2 or not all(one.evaluation.scores for one in judged):
        return None
    first, second = judged
    names = (first.name, second.name)
    return compare(first.evaluation.scores, second.evaluation.scores, names=names)


def summarise_judged(
    judged: Sequence[Judged],
    settings: EvaluateSettings,
    comparison: Comparison | None,
    folder: str | Path | None,
) -> Summary:
    """Summarise the first prediction, and write all tables where a folder is given.

    Args:
        judged: sequence of `Judged`, from `join_judged`.
        settings: `EvaluateSettings` of the scores.
        comparison: `Comparison` of both, or None.
        folder: path of the folder of the tables, or None.

    Returns:
        `Summary` of the first.

    Raises:
        OSError: if the disk is full, or the folder cannot be written to.
    """
    first, *others = judged
    evaluation = first.evaluation
    phantom = any(one.pairing.phantom for one in judged)
    if folder is None:
        summary = summarise(evaluation.scores, phantom=phantom)
        return replace(summary, cases=evaluation.cases)
    against = [Against(one.name, one.evaluation.cases, one.left_out) for one in others]
    return write_tables(
        folder,
        evaluation.scores,
        phantom=phantom,
        settings=settings,
        comparison=comparison,
        cases=evaluation.cases,
        left_out=first.left_out,
        against=against[0] if against else None,
    )
