"""The recipes that come with kseg: listed, found by name, copied."""

import difflib
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from kseg.errors import RecipeError
from kseg.recipe.files import expand, is_file, is_folder
from kseg.recipe.located import show_value
from kseg.storage import create_file

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class ShippedRecipe:
    """A recipe that comes with kseg.

    Args:
        name: str, such as `liver`.
        title: str, its first comment line.
        path: where it lies.
    """

    name: str
    title: str
    path: Path


def recipe_folder() -> Path:
    """Return the folder of the shipped recipes: in the package, or beside it in a source tree."""
    installed = Path(str(files("kseg").joinpath("recipes")))
    source_tree = Path(__file__).parents[2] / "recipes"
    return installed if any(installed.glob("*.yaml")) else source_tree


def list_recipes() -> tuple[ShippedRecipe, ...]:
    """Return the shipped recipes by name.

    Example:
        >>> "liver" in [recipe.name for recipe in list_recipes()]
        True
    """
    return tuple(
        ShippedRecipe(path.stem, _title(path), path)
        for path in sorted(recipe_folder().glob("*.yaml"))
    )


def find_shipped(name: str | Path) -> Path | None:
    """Return the shipped recipe of that name, or None.

    Args:
        name: str, `liver`, `liver.yaml` or `recipes/liver.yaml`.

    Returns:
        Its path, or None where no recipe of this name comes with kseg.

    Example:
        >>> find_shipped("recipes/liver.yaml").name
        'liver.yaml'
    """
    asked = Path(name)
    stem = asked.stem if asked.suffix in SUFFIXES else asked.name
    if asked.parent not in (Path(), Path("recipes"), Path("kseg"), Path("kseg/recipes")):
        return None
    return next((recipe.path for recipe in list_recipes() if recipe.name == stem), None)


def find_recipe(name: str | Path) -> Path:
    """Return the file of a recipe: the given file where there is one, else the shipped recipe.

    Args:
        name: str or path of a file, or name of a shipped recipe.

    Returns:
        The path of a file that exists.

    Raises:
        RecipeError: if there is neither such a file nor such a recipe.
    """
    asked = expand(name)
    if is_file(asked):
        return asked
    shipped = find_shipped(name)
    if shipped is not None:
        return shipped
    known = [recipe.name for recipe in list_recipes()]
    close = difflib.get_close_matches(asked.stem, known, 1)
    hint = f"Did you mean `{close[0]}`? " if close else ""
    if is_folder(asked):
        reason = "it is a folder, not a recipe, and none of this name comes with kseg"
    elif asked.suffix in SUFFIXES:
        reason, hint = "there is no such file", f"Check the path. {hint}"
    elif _is_path(str(name)):
        # Who types a path means no shipped recipe, however alike the names are.
        reason, hint = "there is no such file or folder", "Check the path. "
    else:
        reason = "there is no such file or folder, and no recipe of this name comes with kseg"
    raise RecipeError(
        why=f"{reason}. Received: {show_value(str(name))}.",
        file=name,
        fix=f"{hint}Shipped recipes: {', '.join(known)}; or give the path of a .yaml file.",
        code="KS-F10",
    )


def _is_path(name: str) -> bool:
    """Tell whether a name is meant as the path of a file or folder."""
    return "/" in name or os.sep in name or name.startswith(("~", "."))


def copy_recipe(name: str, to: str | Path | None = None) -> Path:
    """Copy a shipped recipe to a place of one's own, and never over another file.

    Args:
        name: str, name of a shipped recipe.
        to: file or folder to copy to; the current folder if not given.

    Returns:
        The path of the new file.

    Raises:
        RecipeError: if there is no such recipe, or the file is there already.
    """
    shipped = find_shipped(name) or find_recipe(name)
    target = expand("." if to is None else to)
    if is_folder(target):
        target = target / shipped.name
    try:
        is_new = create_file(target, shipped.read_bytes())
    except OSError as error:
        raise RecipeError(
            why=f"the copy cannot be written: {error.strerror}",
            file=target,
            fix="Choose a folder that you may write to.",
            code="KS-F10",
        ) from error
    if not is_new:
        raise RecipeError(
            why="there is a file of this name already, and it stays as it is",
            file=target,
            fix=f"Remove it, or choose another name: kseg recipes copy {shipped.stem} NAME.yaml",
            code="KS-F10",
        )
    return target


def _title(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = (line.lstrip("# ").strip() for line in lines if line.startswith("#"))
    return next((text for text in comments if text and "yaml-language-server" not in text), "")
