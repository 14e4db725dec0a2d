"""Measure all pairs of masks of two folders; a case that fails does not end the others."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace

from kseg.engine import usable_cpus
from kseg.evaluate.judge import CaseNote, Failure, JudgedCase, MaskReading, judge_pair
from kseg.evaluate.pairs import Pair, Pairing
from kseg.evaluate.score import EvaluatedLabel, EvaluateSettings, LabelScore
from kseg.evaluate.voxel_budget import VoxelBudget, voxels_of

# Beyond, the disk is the slowest part, and every case in work takes memory.
MOST_AT_ONCE = 8
_READING = MaskReading()


@dataclass(frozen=True)
class Evaluation:
    """What came of all pairs.

    Args:
        scores: tuple of `LabelScore`, every label of every case that could be judged; empty where
            nothing is declared and no mask holds anything.
        labels: tuple of `EvaluatedLabel`, in the order in which they stand in the scores.
        failures: tuple of `Failure`.
        notes: tuple of `CaseNote`.
        subjects: mapping of the id of each case that could be judged to its subject, whether it
            has scores or not.

    Example:
        >>> Evaluation((), (), (Failure("a", "it is empty", "KS-A04", None, None),)).cases
        0
    """

    scores: tuple[LabelScore, ...]
    labels: tuple[EvaluatedLabel, ...]
    failures: tuple[Failure, ...] = ()
    notes: tuple[CaseNote, ...] = ()
    subjects: Mapping[str, str] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        """How many cases were judged."""
        return len(self.subjects)


def evaluate_pairs(
    pairing: Pairing,
    settings: EvaluateSettings,
    *,
    reading: MaskReading = _READING,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Evaluation:
    """Measure every pair, several at a time, but no more than 200 million voxels together.

    Args:
        pairing: `Pairing`.
        settings: `EvaluateSettings`.
        reading: `MaskReading`.
        threads: int, cases in work, and in memory, at a time; None for as many as there are
            processors that this process may use, up to 8.
        progress: function of how many pairs are done and of how many there are.

    Returns:
        `Evaluation`, in the order of the pairs whatever the threads. Where no labels are declared,
        a label that occurs in any case has a row in every case, blank where it does not occur.
    """
    pairs, declared = pairing.pairs, pairing.truth.labels
    outcomes: dict[int, JudgedCase | Failure] = {}
    budget = VoxelBudget()

    def judge(pair: Pair) -> JudgedCase | Failure:
        with budget.hold(voxels_of(pair, reading)):
            return judge_pair(pair, declared, settings, reading)

    pool = ThreadPoolExecutor(threads or min(usable_cpus(), MOST_AT_ONCE))
    try:
        jobs = {pool.submit(judge, pair): place for place, pair in enumerate(pairs)}
        for job in as_completed(jobs):
            outcomes[jobs[job]] = job.result()
            if progress is not None:
                progress(len(outcomes), len(pairs))
    finally:
        # After Ctrl-C, what has not begun is not begun any more.
        budget.close()
        pool.shutdown(cancel_futures=True)
    return _gather([outcomes[place] for place in range(len(pairs))])


def share_labels(first: Evaluation, second: Evaluation) -> tuple[Evaluation, Evaluation]:
    """Give two evaluations the same labels, so that they can be compared row by row.

    They differ where no labels are declared and a value occurs in one of the predictions only.

    Args:
        first: `Evaluation`.
        second: `Evaluation` over the same truth.

    Returns:
        Both, with blank rows for the labels that only the other one had.
    """
    labels = _union([first.labels, second.labels])
    return _with_labels(first, labels), _with_labels(second, labels)


def _gather(outcomes: Sequence[JudgedCase | Failure]) -> Evaluation:
    judged = [outcome for outcome in outcomes if isinstance(outcome, JudgedCase)]
    labels = _union([case.labels for case in judged])
    rows = [row for one in judged for row in _rows(one.case, one.subject, one.scores, labels)]
    return Evaluation(
        scores=tuple(rows),
        labels=labels,
        failures=tuple(outcome for outcome in outcomes if isinstance(outcome, Failure)),
        notes=tuple(note for one in judged for note in one.notes),
        subjects={one.case: one.subject for one in judged},
    )


def _with_labels(evaluation: Evaluation, labels: tuple[EvaluatedLabel, ...]) -> Evaluation:
    by_case: dict[str, list[LabelScore]] = {case: [] for case in evaluation.subjects}
    for score in evaluation.scores:
        by_case[score.case].append(score)
    rows = [
        row
        for case, own in by_case.items()
        for row in _rows(case, evaluation.subjects[case], own, labels)
    ]
    return replace(evaluation, scores=tuple(rows), labels=labels)


def _union(found: Sequence[tuple[EvaluatedLabel, ...]]) -> tuple[EvaluatedLabel, ...]:
    """Return all labels once: declared ones in their order, those of several lists by value."""
    union = tuple(dict.fromkeys(label for labels in found for label in labels))
    if all(labels == union for labels in found):
        return union
    return tuple(sorted(union, key=lambda label: label.values))


def _rows(
    case: str, subject: str, own: Sequence[LabelScore], labels: Sequence[EvaluatedLabel]
) -> list[LabelScore]:
    """Return a score for each label, a blank one for a label that the masks do not hold."""
    known = {score.label: score for score in own}
    return [known.get(label.name, LabelScore(case, subject, label.name)) for label in labels]
