"""What the folder of a search holds, read for its page; what is missing is said, not guessed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kseg.errors import RunFolderError
from kseg.report.run_files import HISTORY_FILE, damaged, read_history, read_json
from kseg.report.search.record import SearchRecord
from kseg.report.search.table import FIX, read_table, to_bool, to_float, to_int
from kseg.report.search.trials import STATUSES, Trial, Trials

SEARCH_FILE, TRIALS_FILE = "search.json", "trials.csv"
IMPORTANCE_FILE, PARETO_FILE, BEST_FILE = "importance.csv", "pareto.csv", "best.yaml"
_FIXED = ("trial", "status", "score", "reason", "continues", "share_from", "share_to")

History = tuple[dict[str, float], ...]


@dataclass(frozen=True)
class Importance:
    """One row of `importance.csv`.

    Args:
        key: str, key of the space.
        importance: float from 0 to 1; NaN where it could not be told.
        effect: str, which way it went, in words.
        trials: float, how many trials it rests on.
    """

    key: str
    importance: float
    effect: str
    trials: float


@dataclass(frozen=True)
class SearchFiles:
    """The folder of a search, read.

    Args:
        folder: path of the folder.
        record: `SearchRecord`.
        trials: `Trials`.
        metrics: tuple of str, the columns of metrics in the table of trials.
        histories: rows of `history.csv` of each configuration that has one, by its number.
        importance: tuple of `Importance`; empty without the table.
        dominated: whether another trial is better in every respect, by the number of each trial
            in `pareto.csv`; empty without the table.
        has_best: bool, there is a `best.yaml`.
        notes: tuple of sentences, what is missing or could not be read.
    """

    folder: Path
    record: SearchRecord
    trials: Trials
    metrics: tuple[str, ...] = ()
    histories: Mapping[int, History] = field(default_factory=dict)
    importance: tuple[Importance, ...] = ()
    dominated: Mapping[int, bool] = field(default_factory=dict)
    has_best: bool = False
    notes: tuple[str, ...] = ()


def is_search(folder: str | Path) -> bool:
    """Return whether a folder is that of a search.

    Args:
        folder: path.

    Returns:
        bool.

    Example:
        >>> is_search("/nowhere")
        False
    """
    return (Path(folder) / SEARCH_FILE).is_file()


def read_search(folder: str | Path) -> SearchFiles:
    """Read what its page needs from the folder of a search.

    Args:
        folder: path of a folder that `kseg tune` wrote to.

    Returns:
        `SearchFiles`.

    Raises:
        RunFolderError: if it is no such folder, or a table in it is damaged. A damaged history of
            one trial is left out, and a note says so.

    Example:
        >>> read_search("/nowhere")
        Traceback (most recent call last):
            ...
        kseg.errors.RunFolderError: there is no search.json in it, so it is no folder of a search...
    """
    folder = Path(folder)
    if not is_search(folder):
        raise RunFolderError(
            why=f"there is no {SEARCH_FILE} in it, so it is no folder of a search",
            file=folder,
            fix="give a folder that `kseg tune` wrote to",
            code="KS-V10",
        )
    record, notes = _record(folder / SEARCH_FILE), []
    trials, metrics = _trials(folder, record, notes)
    return SearchFiles(
        folder=folder,
        record=record,
        trials=trials,
        metrics=metrics,
        histories=_histories(folder, trials, notes),
        importance=_importance(folder, trials, notes),
        dominated=_dominated(folder, trials, notes),
        has_best=(folder / BEST_FILE).is_file(),
        notes=tuple(notes),
    )


def _record(path: Path) -> SearchRecord:
    try:
        return SearchRecord.from_dict(read_json(path))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(path, f"{type(error).__name__}: {error}", FIX) from error


def _trials(folder: Path, record: SearchRecord, notes: list[str]) -> tuple[Trials, tuple[str, ...]]:
    path = folder / TRIALS_FILE
    if not path.is_file():
        notes.append(f"There is no {TRIALS_FILE} yet, so no trial is known.")
        return Trials((), is_max=record.is_max), ()
    keys = record.keys
    rows = read_table(path, ("trial", "status", "score", *keys))
    metrics = tuple(name for name in (rows[0] if rows else ()) if name not in (*_FIXED, *keys))
    found = []
    for number, row in enumerate(rows, start=1):
        try:
            found.append(_trial(row, record, metrics))
        except ValueError as error:
            raise damaged(path, f"row {number}: {error}", FIX) from error
    try:
        found.sort(key=lambda trial: trial.number)
        return Trials(found, is_max=record.is_max), metrics
    except ValueError as error:
        raise damaged(path, str(error), FIX) from error


def _trial(row: Mapping[str, str], record: SearchRecord, metrics: tuple[str, ...]) -> Trial:
    if row["status"] not in STATUSES:
        raise ValueError(f"status must be one of {', '.join(STATUSES)}, not {row['status']!r}")
    continues = row.get("continues", "")
    return Trial(
        number=to_int(row["trial"]),
        status=row["status"],
        score=to_float(row["score"]),
        reason=row.get("reason", ""),
        continues=to_int(continues) if continues else None,
        share_from=float(row.get("share_from") or 0.0),
        share_to=float(row.get("share_to") or 1.0),
        values={each.key: each.read(row[each.key]) for each in record.space if row[each.key]}
        | {key: row[key] for key in record.former if row[key]},
        metrics={name: to_float(row[name]) for name in metrics},
    )


def _histories(folder: Path, trials: Trials, notes: list[str]) -> dict[int, History]:
    histories = {}
    for configuration in trials.configurations:
        path = folder / "trials" / f"{configuration.number:04d}" / HISTORY_FILE
        try:
            rows, _ = read_history(path)
        except (RunFolderError, UnicodeDecodeError) as error:
            notes.append(f"The curve of trial {configuration.number} is left out: {error.args[0]}.")
            continue
        if rows:
            histories[configuration.number] = rows
    without = [each.number for each in trials.configurations if each.last.is_scored]
    without = [str(number) for number in without if number not in histories]
    if without:
        notes.append(f"There is no learning curve of these trials: {', '.join(without)}.")
    return histories


def _importance(folder: Path, trials: Trials, notes: list[str]) -> tuple[Importance, ...]:
    path = folder / IMPORTANCE_FILE
    if not path.is_file():
        if trials.longest:
            notes.append(f"There is no {IMPORTANCE_FILE}: what mattered most is not shown.")
        return ()
    rows = read_table(path, ("parameter", "importance"))
    try:
        return tuple(
            Importance(
                row["parameter"],
                to_float(row["importance"]),
                row.get("effect", ""),
                to_float(row.get("trials", "")),
            )
            for row in rows
        )
    except ValueError as error:
        raise damaged(path, str(error)) from error


def _dominated(folder: Path, trials: Trials, notes: list[str]) -> dict[int, bool]:
    path = folder / PARETO_FILE
    if not path.is_file():
        if trials.longest:
            notes.append(f"There is no {PARETO_FILE}: quality is not set against time and memory.")
        return {}
    known = {trial.number for trial in trials.all}
    found = {}
    for number, row in enumerate(read_table(path, ("trial", "dominated")), start=1):
        try:
            trial, is_worse = to_int(row["trial"]), to_bool(row["dominated"])
        except ValueError as error:
            raise damaged(path, f"row {number}: {error}") from error
        if trial not in known:
            raise damaged(path, f"row {number}: trial {trial} is not in {TRIALS_FILE}")
        found[trial] = is_worse
    return found
