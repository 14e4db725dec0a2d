"""What the process of one trial is given, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kseg.recipe import TuneSection


@dataclass(frozen=True)
class Task:
    """One trial, as its process needs it.

    Args:
        recipe: path of the trial's own recipe.
        folder: run folder of its training.
        work: folder for caches and the phantom.
        share: float, share of the whole training that is done at its end.
        tune: `TuneSection`.
        curves: curves of the trials that have ended, for the median rule.
        memory_bytes: int, memory that it may need by estimate; None for its share of the machine.
        accept_changes: bool, go on with a training whose recipe or data have changed, as was
            accepted for the whole search.
    """

    recipe: Path
    folder: Path
    work: Path
    share: float
    tune: TuneSection
    curves: tuple[tuple[tuple[float, float], ...], ...] = ()
    memory_bytes: int | None = None
    accept_changes: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a trial has measured.

    Args:
        metrics: numbers by name; None where nothing was measured.
        curve: pairs of the share of the training that was done and the objective there.
        is_pruned: bool, whether it ended early because others were better.
        history: str, the finished epochs as CSV.
    """

    metrics: Mapping[str, float | None]
    curve: tuple[tuple[float, float], ...] = ()
    is_pruned: bool = False
    history: str = ""


@dataclass(frozen=True)
class Prepared:
    """What a search knows of its data, read once before any trial.

    Args:
        identity: plain data, what of the data must not change.
        told: str, the data in a sentence.
        phantom: bool, whether the scans are synthetic.
        metrics: names of what a trial measures.
    """

    identity: Mapping[str, object] = field(default_factory=dict)
    told: str = ""
    phantom: bool = False
    metrics: tuple[str, ...] = ()
