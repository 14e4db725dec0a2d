"""The trial that won, and the recipe of it that `kseg fit` runs."""

from collections.abc import Iterable
from pathlib import Path

from kseg.errors import RecipeError
from kseg.recipe import (
    LENGTHS,
    LoadedRecipe,
    Recipe,
    TuneSection,
    load_recipe,
    recipe_to_yaml,
)
from kseg.storage import write_text
from kseg.tune.objective import is_better
from kseg.tune.record import COMPLETED, TrialRecord
from kseg.tune.store import RECIPE, TRIALS
from kseg.tune.trial_recipe import trial_recipe, with_values
from kseg.workflow.identity import recipe_identity

BEST_FILE = "best.yaml"


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


def write_best(folder: Path, loaded: LoadedRecipe, best: TrialRecord) -> Recipe:
    """Write the winner as a plain recipe, of the length that the base recipe has.

    Args:
        folder: the search folder.
        loaded: `LoadedRecipe` of the base.
        best: `TrialRecord`.

    Returns:
        `Recipe`, which `kseg fit` runs as it is.
    """
    recipe, needed = best_recipe(loaded, best)
    told = dict.fromkeys(needed, "tune.trial") | {key: f"trial {best.trial}" for key in best.values}
    head = f"# The best recipe of a search: trial {best.trial}, score {best.score:.4f}\n"
    if needed:
        head += "# With what all trials took otherwise, since its values do not fit without it.\n"
    if _has_changed(folder, loaded, best):
        head += "# The recipe has changed since that trial ran: these are its values in today's.\n"
    write_text(folder / BEST_FILE, head + recipe_to_yaml(recipe, told))
    return recipe


def best_recipe(loaded: LoadedRecipe, best: TrialRecord) -> tuple[Recipe, tuple[str, ...]]:
    """Return the base recipe with the winner's values and paths that hold from everywhere.

    Args:
        loaded: `LoadedRecipe` of the base.
        best: `TrialRecord`.

    Returns:
        `Recipe`, and the keys of `tune.trial` that are in it because its values, such as a depth,
        do not fit the recipe without them; none as a rule.

    Raises:
        RecipeError: if they fit with none of these either.
    """
    trial = loaded.recipe.tune.trial
    without_length = {key: value for key, value in trial.items() if key not in LENGTHS}
    named = {"name": f"{loaded.recipe.name}-best"}
    for usual in ({}, without_length, trial):
        recipe, problems = with_values(loaded, {**usual, **best.values, **named})
        if recipe is not None:
            return recipe, tuple(usual)
    raise RecipeError(
        why=f"trial {best.trial} is the best, but its values do not fit the recipe: "
        + "; ".join(problems),
        file=loaded.path,
        fix="take the changes of the recipe back, or give another folder with --out",
        code="KS-F09",
    )


def _has_changed(folder: Path, loaded: LoadedRecipe, best: TrialRecord) -> bool:
    """Return whether the recipe that the trial ran by is another one than it would be today."""
    file = folder / TRIALS / f"{best.root:04d}" / RECIPE
    if not file.is_file():
        return False
    today, _ = trial_recipe(loaded, best.values)
    try:
        then = load_recipe(file).recipe
    except (RecipeError, OSError):
        return True
    return today is None or _told(then) != _told(today)


def _told(recipe: Recipe) -> dict[str, object]:
    """Return what a trial depends on, without the place of its first weights, which may move."""
    told = recipe_identity(recipe)
    return told | {"recipe": {k: v for k, v in told["recipe"].items() if k != "fit.init"}}
