"""What a recipe for digits may say: keys about scans would be read by nothing."""

from kseg.errors import RecipeError
from kseg.recipe import LoadedRecipe, Recipe, recipe_leaves

# Digits have no spacing, no border and no surface, and come as they are.
UNREAD_SECTIONS = ("preprocess", "augment", "predict", "evaluate")
UNREAD_KEYS = (
    ("patches", "size"), ("patches", "foreground"), ("patches", "ram"), ("fit", "metrics"),
)  # fmt: skip


def refuse_keys_of_scans(loaded: LoadedRecipe) -> None:
    """Refuse what a recipe says about scans where its data are digits.

    A key at its default changes nothing and is let through, as in a `recipe.lock.yaml`.

    Args:
        loaded: `LoadedRecipe` whose `data.source` is `digits`.

    Raises:
        RecipeError: with every such key and where it was given.
    """
    defaults = dict(recipe_leaves(Recipe(kseg=1, name="defaults", fit={"steps": 1})))
    problems = []
    for path, value in recipe_leaves(loaded.recipe):
        unread = path[0] in UNREAD_SECTIONS or path in UNREAD_KEYS
        if unread and (path not in defaults or value != defaults[path]):
            problems.append(f"`{_told(loaded, path)} is not read by `data.source: digits`")
    for path in (("loss", "dice"), ("loss", "tversky")):
        if getattr(loaded.recipe.loss, path[1]) is not None:
            told = _told(loaded, path)
            problems.append(f"`{told} must be null: one digit has no region to overlap")
    if problems:
        raise RecipeError(
            why="; ".join(problems),
            file=loaded.path,
            fix="remove these keys, or write null where that is asked for; recipes/mnist.yaml "
            "holds all that digits need",
            code="KS-F09",
        )


def _told(loaded: LoadedRecipe, path: tuple[str, ...]) -> str:
    key = ".".join(path)
    return f"{key}` ({loaded.origins.get(key, 'default')})"
