"""The results of a search as tables."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from kseg.recipe import TuneSection, write_flow
from kseg.storage import write_text
from kseg.tune.best import longest_trials
from kseg.tune.importance import importance
from kseg.tune.record import COMPLETED, PRUNED, TrialRecord, former_keys

TRIALS_FILE, PARETO_FILE, IMPORTANCE_FILE = "trials.csv", "pareto.csv", "importance.csv"
# More Dice, less time and less memory are better.
_PARETO = {"val_dice": -1, "val_accuracy": -1, "seconds_per_scan": 1, "memory_gib": 1}


def write_tables(folder: Path, records: Iterable[TrialRecord], tune: TuneSection) -> None:
    """Write `trials.csv`, `pareto.csv` and `importance.csv`.

    Args:
        folder: the search folder.
        records: all trials.
        tune: `TuneSection`.
    """
    records = sorted(records, key=lambda record: record.trial)
    write_trials(folder, records, tune)
    _write_csv(folder / PARETO_FILE, pareto_table(records))
    _write_csv(folder / IMPORTANCE_FILE, importance(records, tune))


def write_trials(folder: Path, records: Iterable[TrialRecord], tune: TuneSection) -> None:
    """Write `trials.csv` alone, as after each trial.

    Args:
        folder: the search folder.
        records: all trials.
        tune: `TuneSection`.
    """
    ordered = sorted(records, key=lambda record: record.trial)
    _write_csv(folder / TRIALS_FILE, trials_table(ordered, tune))


def trials_table(records: Iterable[TrialRecord], tune: TuneSection) -> pd.DataFrame:
    """Return one row for each trial: what it was, what it reached, or why it did not.

    Args:
        records: all trials, by number.
        tune: `TuneSection`.

    Returns:
        `pandas.DataFrame`; a value that is null is the word, and a cell is blank where the trial
        does not read the key (`pandas.read_csv` needs `keep_default_na=False` to tell them apart).
    """
    records = list(records)
    # By a key that was searched once, trials still differ.
    keys = (*tune.space, *former_keys(records, tune.space))
    rows = [
        {
            "trial": r.trial,
            "status": r.status,
            "score": r.score if r.status in (COMPLETED, PRUNED) else None,
            "reason": r.reason,
            "continues": r.continues,
            "share_from": round(r.share_from, 6),
            "share_to": round(r.share_reached, 6),
            # What a trial does not have stays blank, and null is told as such.
            **{key: _cell(r.values[key]) if key in r.values else None for key in keys},
            **r.metrics,
            # Of all its attempts; its metrics know only the clock of its training.
            "seconds": round(r.seconds, 1),
        }
        for r in records
    ]
    columns = ["trial", "status", "score", "reason", "continues", "share_from", "share_to"]
    table = pd.DataFrame(rows, columns=None if rows else [*columns, *tune.space, "seconds"])
    whole = ("trial", "continues", "steps", "parameters")
    return table.astype({name: "Int64" for name in whole if name in table})


def pareto_table(records: Iterable[TrialRecord]) -> pd.DataFrame:
    """Return quality against time and memory, for the trials that trained longest.

    Args:
        records: all trials.

    Returns:
        `pandas.DataFrame` with a column `dominated`: whether another trial is as good in all and
        better in one.
    """
    rows = [
        {"trial": r.trial} | {name: r.metrics[name] for name in _PARETO if name in r.metrics}
        for r in longest_trials(records)
    ]
    table = pd.DataFrame(rows, columns=None if rows else ["trial"])
    names = [name for name in _PARETO if name in table]
    costs = table[names] * [_PARETO[name] for name in names]
    table["dominated"] = [
        bool(((costs <= row).all(axis=1) & (costs < row).any(axis=1)).any())
        for _, row in costs.iterrows()
    ]
    return table


def _cell(value: object) -> object:
    return write_flow(value) if value is None or isinstance(value, tuple) else value


def _write_csv(file: Path, table: pd.DataFrame) -> None:
    write_text(file, table.to_csv(index=False, lineterminator="\n"))
