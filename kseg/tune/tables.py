"""The results of a search as tables and as the recipe that won."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from kseg.errors import RecipeError
from kseg.recipe import LoadedRecipe, Recipe, TuneSection, recipe_to_yaml, vary, write_flow
from kseg.storage import write_text
from kseg.tune.importance import importance
from kseg.tune.objective import is_better
from kseg.tune.record import COMPLETED, PRUNED, TrialRecord

TRIALS_FILE, PARETO_FILE, IMPORTANCE_FILE = "trials.csv", "pareto.csv", "importance.csv"
BEST_FILE = "best.yaml"
# More Dice, less time and less memory are better.
_PARETO = {"val_dice": -1, "val_accuracy": -1, "seconds_per_scan": 1, "memory_gib": 1}


def best_trial(records: Iterable[TrialRecord], tune: TuneSection) -> TrialRecord | None:
    """Return the completed trial with the best score among those that trained longest.

    A score after a ninth of a training says who may go on, not who is best.

    Args:
        records: all trials.
        tune: `TuneSection`.

    Returns:
        `TrialRecord`, the first of equals; None where none is completed.
    """
    done = longest_trials(records)
    best = None
    for record in done:
        if best is None or is_better(tune, record.score, best.score):
            best = record
    return best


def longest_trials(records: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return the completed trials that trained the largest share of all, by number."""
    done = sorted((r for r in records if r.status == COMPLETED), key=lambda r: r.trial)
    share = max((record.share_to for record in done), default=0.0)
    return [record for record in done if record.share_to == share]


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
        `pandas.DataFrame`.
    """
    rows = [
        {
            "trial": r.trial,
            "status": r.status,
            "score": r.score if r.status in (COMPLETED, PRUNED) else None,
            "reason": r.reason,
            "continues": r.continues,
            "share_from": round(r.share_from, 6),
            "share_to": round(r.share_to, 6),
            **{key: _cell(r.values.get(key)) for key in tune.space},
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


def write_best(folder: Path, loaded: LoadedRecipe, best: TrialRecord) -> Recipe:
    """Write the winner as a plain recipe, of the length that the base recipe has.

    Args:
        folder: the search folder.
        loaded: `LoadedRecipe` of the base.
        best: `TrialRecord`.

    Returns:
        `Recipe`, which `kseg fit` runs as it is.
    """
    recipe = best_recipe(loaded, best)
    told = {key: f"trial {best.trial}" for key in best.values}
    head = f"# The best recipe of a search: trial {best.trial}, score {best.score:.4f}\n"
    write_text(folder / BEST_FILE, head + recipe_to_yaml(recipe, told))
    return recipe


def best_recipe(loaded: LoadedRecipe, best: TrialRecord) -> Recipe:
    """Return the base recipe with the winner's values and paths that hold from everywhere."""
    values = dict(best.values) | {"name": f"{loaded.recipe.name}-best", "tune": None}
    recipe, problems = vary(loaded.tree, values | whole_paths(loaded))
    if recipe is None:
        told = "; ".join(f"{'.'.join(problem.key)}: {problem.must}" for problem in problems)
        raise RecipeError(
            why=f"trial {best.trial} is the best, but its values do not fit the recipe without "
            f"`tune.trial`: {told}",
            file=loaded.path,
            fix="write what all trials take otherwise into the recipe itself",
            code="KS-F09",
        )
    return recipe


def whole_paths(loaded: LoadedRecipe) -> dict[str, str]:
    """Return the paths of a recipe as they hold from any folder, by key."""
    paths = {"data.root": loaded.data_root, "fit.init": loaded.init}
    return {key: str(path) for key, path in paths.items() if path is not None}


def _cell(value: object) -> object:
    return write_flow(value) if isinstance(value, tuple) else value


def _write_csv(file: Path, table: pd.DataFrame) -> None:
    write_text(file, table.to_csv(index=False, lineterminator="\n"))
