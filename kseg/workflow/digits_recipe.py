"""What a recipe for digits may say: keys about scans would be read by nothing."""

from kseg.errors import RecipeError
from kseg.recipe import LoadedRecipe, Recipe, recipe_leaves

# Digits have no spacing, no border and no surface, and come as they are.
UNREAD_SECTIONS = ("preprocess", "augment", "predict", "evaluate")
UNREAD_KEYS = (
    ("patches", "size"), ("patches", "foreground"), ("patches", "ram"), ("fit", "metrics"),
)  # fmt: skip
DIGITS = 10


def refuse_keys_of_scans(loaded: LoadedRecipe) -> None:
    """Refuse what a recipe says that does not fit digits, as what it says about scans.

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
    for key, weights in loaded.recipe.loss.class_weights().items():
        if not isinstance(weights, str) and len(weights) != DIGITS:
            told = _told(loaded, ("loss", key, "class_weights"))
            problems.append(f"`{told} must hold {DIGITS} weights, one for each digit from 0")
    if problems:
        raise RecipeError(
            why="; ".join(problems),
            file=loaded.path,
            fix="remove these keys, or write what is asked for; recipes/mnist.yaml "
            "holds all that digits need",
            code="KS-F09",
        )


def _told(loaded: LoadedRecipe, path: tuple[str, ...]) -> str:
    key = ".".join(path)
    return f"{key}` ({loaded.origins.get(key, 'default')})"
