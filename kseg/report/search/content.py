"""What the page of a search tells, before it is a page: plain data, in the order of reading."""

from dataclasses import dataclass

from kseg.report.content import Chart, Fact


@dataclass(frozen=True)
class Setting:
    """One key of the space: what was searched, and what was found.

    Args:
        key: str, dotted.
        searched: str, the values that it might take.
        base: str, value of the base recipe; empty where it has none.
        best: str, value of the best trial; empty where it is not read there, or without one.
        differs: bool, the best trial has another value than the base recipe.
        note: str, such as that the best value lies at the end of its range.
    """

    key: str
    searched: str
    base: str
    best: str
    differs: bool
    note: str


@dataclass(frozen=True)
class Winner:
    """The best trial.

    Args:
        trial: int, its number.
        score: str.
        base_score: str, what a trial of the base recipe's own values scored; empty without one.
        command: str, what trains it; empty where there is no recipe of it.
        trial_keys: str, what the trials took otherwise than the recipe; empty for nothing.
    """

    trial: int
    score: str
    base_score: str
    command: str
    trial_keys: str


@dataclass(frozen=True)
class ImportanceLine:
    """How much one key of the space went along with the score.

    Args:
        key: str, dotted.
        importance: float from 0 to 1; NaN where it could not be told.
        effect: str, which way it went.
        trials: str, how many trials it rests on.
    """

    key: str
    importance: float
    effect: str
    trials: str


@dataclass(frozen=True)
class ParetoLine:
    """One trial that no other one is better than in every respect.

    Args:
        trial: int.
        is_best: bool, it is the trial of the best score.
        quality: float.
        seconds: float, per scan.
        memory_gib: float.
    """

    trial: int
    is_best: bool
    quality: float
    seconds: float
    memory_gib: float


@dataclass(frozen=True)
class MetricColumn:
    """A column of a metric in the table of trials.

    Args:
        title: str.
        unit: str.
        main: bool, shown from the start.
        first_order: str, how the first click sorts it.
    """

    title: str
    unit: str
    main: bool
    first_order: str


@dataclass(frozen=True)
class TrialLine:
    """One trial in the table of all.

    Args:
        number: int.
        is_best: bool.
        status: str.
        reason: str, why it failed or was pruned.
        score: float.
        score_text: str.
        share: str, which part of the whole training it trained, in per cent.
        share_to: float, its end, for sorting.
        continues: str, number of the trial that it goes on with, or empty.
        values: tuple of str, one for each key of the space; empty where it is inactive.
        metrics: tuple of float, one for each column of metrics.
    """

    number: int
    is_best: bool
    status: str
    reason: str
    score: float
    score_text: str
    share: str
    share_to: float
    continues: str
    values: tuple[str, ...]
    metrics: tuple[float, ...]


@dataclass(frozen=True)
class TrialTable:
    """The table of all trials.

    Args:
        score: str, what the score is.
        score_order: str, how the first click sorts the scores.
        keys: tuple of str, keys of the space.
        columns: tuple of `MetricColumn`.
        lines: tuple of `TrialLine`, the best first.
    """

    score: str
    score_order: str
    keys: tuple[str, ...]
    columns: tuple[MetricColumn, ...]
    lines: tuple[TrialLine, ...]


@dataclass(frozen=True)
class SearchContent:
    """All that the page of a search tells.

    Args:
        title: str.
        lead: str, what was searched, how far it came, and what it found.
        phantom: bool, the scans are synthetic, which the page says loudly.
        facts: tuple of `Fact`.
        warnings: tuple of str, what the reader should know before the numbers.
        settings: tuple of `Setting`.
        winner: `Winner`, or None without a completed trial.
        curves: tuple of `Chart`.
        importance: tuple of `ImportanceLine`, the most important first.
        values: tuple of `Chart`, one for each key of the space.
        quality: str, what quality is in the table of these, such as `"Validation Dice"`.
        pareto: tuple of `ParetoLine`, the highest quality first.
        pareto_charts: tuple of `Chart`.
        dominated: int, trials that another one is better than in every respect.
        trials: `TrialTable`.
        unreached: tuple of str, what the search did not come to.
        labels: tuple of str, always empty: the page has no outlines.
    """

    title: str
    lead: str
    phantom: bool
    facts: tuple[Fact, ...]
    warnings: tuple[str, ...]
    settings: tuple[Setting, ...]
    winner: Winner | None
    curves: tuple[Chart, ...]
    importance: tuple[ImportanceLine, ...]
    values: tuple[Chart, ...]
    quality: str
    pareto: tuple[ParetoLine, ...]
    pareto_charts: tuple[Chart, ...]
    dominated: int
    trials: TrialTable
    unreached: tuple[str, ...]
    labels: tuple[str, ...] = ()
