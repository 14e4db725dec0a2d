"""A recipe file, its parents and the command line, to one checked recipe."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kseg.recipe.files import expand, is_file, read_text
from kseg.recipe.located import Located, Mark, Problem, refuse, show_value
from kseg.recipe.merge import merge, unset_nulls
from kseg.recipe.override import FIRST_RANK, read_overrides
from kseg.recipe.reader import read_yaml
from kseg.recipe.schema import Recipe
from kseg.recipe.shelf import find_recipe, find_shipped, list_recipes
from kseg.recipe.space import space_problems
from kseg.recipe.validate import validate
from kseg.recipe.write import recipe_leaves

PATH_KEYS = (("data", "root"), ("fit", "init"))
DEFAULT = "default"


@dataclass(frozen=True)
class LoadedRecipe:
    """A recipe and where each of its values comes from.

    Args:
        recipe: the recipe, with paths as they were given.
        origins: mapping from a dotted key to `default`, `FILE:LINE`, `--set` or an option.
        path: the file it was read from.
        data_root: absolute path of `data.root`, or None.
        init: absolute path of `fit.init`, or None.
        tree: what was written, all files and the command line together.
    """

    recipe: Recipe
    origins: Mapping[str, str]
    path: Path
    data_root: Path | None
    init: Path | None
    tree: Located


def load_recipe(
    path_or_name: str | Path,
    overrides: Sequence[str] = (),
    flags: Mapping[str, object] | None = None,
) -> LoadedRecipe:
    """Load a recipe: defaults, then its parents, the file, `--set`, and single options.

    Args:
        path_or_name: path of a recipe file, or name of a shipped recipe.
        overrides: sequence of str, `a.b=value` as given to `--set`.
        flags: mapping from a dotted key to the value of an option of the command line, such as
            `{"fit.budget": "20m"}`; None counts as not given.

    Returns:
        The recipe with the origin of each value.

    Raises:
        RecipeError: with every mistake in the files and on the command line at once.

    Example:
        >>> loaded = load_recipe("liver", ["model.depth=3"])
        >>> loaded.recipe.model.depth, loaded.origins["model.depth"]
        (3, '--set')
    """
    file = find_recipe(path_or_name)
    is_shipped = file == find_shipped(path_or_name) and not is_file(Path(path_or_name))
    name = f"shipped {file.name}" if is_shipped else os.fspath(path_or_name)
    lineage = _Lineage()
    tree = lineage.read(file, name)
    source = tree.find(("data", "source")) if tree else None
    layer, found = read_overrides(overrides, flags or {}, source.value if source else None)
    problems = lineage.problems + found
    if tree is None:
        refuse(problems, name)
    tree = unset_nulls(merge(layer, tree, Recipe), Recipe)
    recipe, found = validate(tree)
    if not lineage.is_whole:
        # What is missing may well stand in the parent that could not be read.
        found = [problem for problem in found if tree.find(problem.key) is not None]
    if recipe is not None:
        found += space_problems(tree, recipe)
    refuse([*problems, *found], name)
    return LoadedRecipe(
        recipe=recipe,
        origins=_origins(recipe, tree),
        path=file,
        data_root=_resolve(PATH_KEYS[0], tree, lineage.folders),
        init=_resolve(PATH_KEYS[1], tree, lineage.folders),
        tree=tree,
    )


class _Lineage:
    """Reads a recipe and its parents; remembers what it met."""

    def __init__(self):
        self.problems: list[Problem] = []
        self.folders: dict[int, Path] = {}
        self.seen: list[tuple[Path, str]] = []
        self.is_whole = True

    def read(self, file: Path, name: str) -> Located | None:
        rank = len(self.seen)
        self.seen.append((file.resolve(), name))
        self.folders[rank] = file.parent
        tree, found = read_yaml(read_text(file, name), name, rank)
        self.problems += found
        if tree is None or not isinstance(tree.value, dict):
            if not found:
                self._refuse_shape(tree, name, rank)
            return None
        child, extends = _without_extends(tree)
        if extends is None or extends.value is None:
            return child
        parent = self._parent(extends, file, name)
        if parent is None:
            self.is_whole = False
            return child
        return merge(child, parent, Recipe)

    def _refuse_shape(self, tree: Located | None, name: str, rank: int) -> None:
        mark = tree.mark if tree else Mark(rank, name, 1, 1)
        received = show_value(tree.plain()) if tree else "nothing"
        advice = "Start from a shipped recipe: kseg recipes copy liver."
        must = "must be a mapping of keys (`key: value`)"
        self.problems.append(Problem(mark, must, advice, "KS-F02", (), received))

    def _parent(self, extends: Located, file: Path, name: str) -> Located | None:
        key, value = ("extends",), extends.value
        names = ", ".join(recipe.name for recipe in list_recipes())
        if not isinstance(value, str) or not value:
            must, code = "must be the path or the name of a recipe", "KS-F02"
            advice = f"Write one file beside this one, or one of: {names}."
        elif (found := _find_parent(value, file, name)) is None:
            must, code = "must be a recipe that exists", "KS-F10"
            advice = f"Give a path relative to this file, or one of: {names}."
        elif found[0].resolve() in [path for path, _ in self.seen]:
            chain = " -> ".join([*(seen for _, seen in self.seen), found[1]])
            must, code = f"must not lead back to a recipe that extends this one ({chain})", "KS-F10"
            advice = "Remove one of these `extends`."
        else:
            return self.read(*found)
        problem = Problem(extends.mark, must, advice, code, key, show_value(extends.plain()))
        self.problems.append(problem)
        return None


def _without_extends(tree: Located) -> tuple[Located, Located | None]:
    rest = {key: child for key, child in tree.value.items() if key != "extends"}
    return Located(rest, tree.mark, tree.key_mark), tree.value.get("extends")


def _find_parent(value: str, file: Path, name: str) -> tuple[Path, str] | None:
    beside = file.parent / expand(value)
    if is_file(beside):
        shown = name.rpartition("/")[0] if not name.startswith("shipped ") else "shipped"
        return beside, os.path.normpath(Path(shown) / expand(value))
    shipped = find_shipped(value)
    return None if shipped is None else (shipped, f"shipped {shipped.name}")


def _origins(recipe: Recipe, tree: Located) -> dict[str, str]:
    found = {path: tree.find(path) for path, _ in recipe_leaves(recipe)}
    return {
        ".".join(path): DEFAULT if node is None else node.mark.origin
        for path, node in found.items()
    }


def _resolve(key: tuple[str, ...], tree: Located, folders: Mapping[int, Path]) -> Path | None:
    node = tree.find(key)
    if node is None or node.value is None:
        return None
    base = Path() if node.mark.rank >= FIRST_RANK else folders[node.mark.rank]
    return (base / expand(node.value)).absolute()
