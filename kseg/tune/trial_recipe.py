"""The recipe of a trial: the base recipe, what all trials take otherwise, and its own values."""

from collections.abc import Mapping

from kseg.recipe import LoadedRecipe, Recipe, vary


def trial_recipe(
    loaded: LoadedRecipe, values: Mapping[str, object]
) -> tuple[Recipe | None, list[str]]:
    """Return the recipe that a trial trains by, from whatever folder.

    Args:
        loaded: `LoadedRecipe` of the base.
        values: values of the trial by dotted key; none for what all trials share.

    Returns:
        `Recipe` (None where the values do not fit together), and what does not fit, as sentences.
    """
    return with_values(loaded, {**loaded.recipe.tune.trial, **values})


def with_values(
    loaded: LoadedRecipe, values: Mapping[str, object]
) -> tuple[Recipe | None, list[str]]:
    """Return the base recipe with other values, without its search, from whatever folder.

    Args:
        loaded: `LoadedRecipe` of the base.
        values: values by dotted key.

    Returns:
        `Recipe` (None where the values do not fit together), and what does not fit, as sentences.
    """
    paths = {"data.root": loaded.data_root, "fit.init": loaded.init}
    whole = {key: str(path) for key, path in paths.items() if path is not None}
    recipe, problems = vary(loaded.tree, {**values, "tune": None, **whole})
    return recipe, [f"{'.'.join(problem.key)}: {problem.must}" for problem in problems]
