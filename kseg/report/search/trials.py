"""The trials of a search: one by one, joined to configurations, and which of them is the best."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

STATUSES = ("completed", "pruned", "failed", "running")
# Shares closer than this are the same.
_SAME_SHARE = 1e-6


@dataclass(frozen=True)
class Trial:
    """One row of `trials.csv`.

    Args:
        number: int, from 0.
        status: str, one of `STATUSES`.
        score: float; not finite where there is none.
        reason: str, why it failed or was pruned.
        continues: int, number of the trial whose training it goes on with, or None.
        share_from: float from 0 to 1, where in the whole training it began.
        share_to: float from 0 to 1, where in the whole training it ended.
        values: mapping from a key of the space to its value as text, without inactive keys.
        metrics: mapping from a metric to its value; NaN where it was not measured.
    """

    number: int
    status: str
    score: float = math.nan
    reason: str = ""
    continues: int | None = None
    share_from: float = 0.0
    share_to: float = 1.0
    values: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_scored(self) -> bool:
        """Whether it has a score."""
        return math.isfinite(self.score)


@dataclass(frozen=True)
class Configuration:
    """One set of values: a trial, and the trials that went on with its training.

    Args:
        trials: tuple of `Trial`, in their order.
    """

    trials: tuple[Trial, ...]

    @property
    def number(self) -> int:
        """Number of its first trial, by which its folder is called."""
        return self.trials[0].number

    @property
    def last(self) -> Trial:
        """The trial whose score stands for it: the last that has one, or else the last."""
        scored = [trial for trial in self.trials if trial.is_scored]
        return (scored or self.trials)[-1]

    @property
    def values(self) -> Mapping[str, str]:
        """Values of the keys of the space."""
        return self.trials[0].values


class Trials:
    """All trials of a search.

    Args:
        trials: `Trial`s in their order.
        is_max: bool, a higher score is a better one.

    Raises:
        ValueError: if a number comes twice, or a trial goes on with one that is not before it.

    Example:
        >>> trials = Trials([Trial(0, "completed", 0.7), Trial(1, "completed", 0.8)], is_max=True)
        >>> trials.best.number
        1
    """

    def __init__(self, trials: Sequence[Trial], *, is_max: bool) -> None:
        self.all = tuple(trials)
        self.is_max = is_max
        joined: dict[int, list[Trial]] = {}
        first: dict[int, int] = {}
        for trial in self.all:
            if trial.number in first:
                raise ValueError(f"trial {trial.number} comes twice")
            if trial.continues is not None and trial.continues not in first:
                raise ValueError(
                    f"trial {trial.number} continues trial {trial.continues}, which is not before"
                )
            start = trial.number if trial.continues is None else first[trial.continues]
            first[trial.number] = start
            joined.setdefault(start, []).append(trial)
        self._first = first
        self.configurations = tuple(Configuration(tuple(found)) for found in joined.values())

    @property
    def largest_share(self) -> float:
        """Largest share of the whole training of a trial that completed; 0 without any."""
        return max((trial.share_to for trial in self.all if _counts(trial)), default=0.0)

    @property
    def longest(self) -> tuple[Trial, ...]:
        """Completed trials of the largest share, whose scores can be compared."""
        return tuple(trial for trial in self.all if self.is_longest(trial))

    @property
    def best(self) -> Trial | None:
        """Best of the trials of the largest share, the earliest of equals; None without any."""
        return next(iter(sorted(self.longest, key=self.badness)), None)

    @property
    def ranked(self) -> tuple[Trial, ...]:
        """All trials: those of the largest share first, the best on top, failed ones last."""

        def place(trial: Trial) -> tuple:
            group = 0 if self.is_longest(trial) else 1 if trial.is_scored else 2
            group = 3 if trial.status == "failed" else group
            return group, self.badness(trial), trial.number

        return tuple(sorted(self.all, key=place))

    def is_longest(self, trial: Trial) -> bool:
        """Whether a trial completed the largest share of the training that any completed."""
        return _counts(trial) and trial.share_to >= self.largest_share - _SAME_SHARE

    def badness(self, trial: Trial) -> float:
        """Return a number that is smaller for a better score; a blank is the worst."""
        return math.inf if not trial.is_scored else -trial.score if self.is_max else trial.score

    def configuration_of(self, trial: Trial) -> Configuration:
        """Return the configuration that a trial belongs to."""
        start = self._first[trial.number]
        return next(found for found in self.configurations if found.number == start)

    def count(self, status: str) -> int:
        """Return how many trials have a status."""
        return sum(trial.status == status for trial in self.all)


def _counts(trial: Trial) -> bool:
    return trial.status == "completed" and trial.is_scored
