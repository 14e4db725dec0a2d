"""A recipe back to YAML that loads to the same recipe."""

from collections.abc import Iterator, Mapping

from kseg.recipe.scalars import write_flow, write_scalar
from kseg.recipe.schema import Recipe
from kseg.recipe.section import Section

Path = tuple[str, ...]


def recipe_leaves(recipe: Recipe) -> Iterator[tuple[Path, object]]:
    """Yield each value of a recipe with its path, without the keys that nothing reads.

    Example:
        >>> recipe = Recipe(kseg=1, name="a", fit={"steps": 3})
        >>> next(recipe_leaves(recipe))
        (('kseg',), 1)
    """
    yield from _leaves(recipe, ())


def recipe_to_yaml(recipe: Recipe, comments: Mapping[str, str] | None = None) -> str:
    """Write a recipe with every key.

    Args:
        recipe: the recipe.
        comments: mapping from a dotted key to a remark that is written behind its value.

    Returns:
        str, YAML that `load_recipe` reads to an equal recipe.

    Example:
        >>> recipe = Recipe(kseg=1, name="a", fit={"steps": 3})
        >>> print(recipe_to_yaml(recipe, {"name": "a.yaml:2"})[:59])
        kseg: 1
        name: a                                  # a.yaml:2
    """
    comments = comments or {}
    lines: list[str] = []
    opened: Path = ()
    for path, value in recipe_leaves(recipe):
        shared = next(
            (n for n, (a, b) in enumerate(zip(opened, path[:-1])) if a != b),
            min(len(opened), len(path) - 1),
        )
        for depth in range(shared, len(path) - 1):
            lines.append(f"{'  ' * depth}{write_scalar(path[depth])}:")
        opened = path[:-1]
        line = f"{'  ' * len(opened)}{write_scalar(path[-1])}: {write_flow(value)}"
        remark = comments.get(".".join(path))
        lines.append(f"{line:<40} # {_one_line(remark)}" if remark else line)
    return "\n".join(lines) + "\n"


def _leaves(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(value, Section):
        for key in type(value).model_fields:
            if key not in value.unread_keys():
                yield from _leaves(getattr(value, key), (*path, key))
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, (*path, key))
    elif isinstance(value, tuple):
        yield path, tuple(map(_plain, value))
    else:
        yield path, value


def _plain(item: object) -> object:
    """Return an item of a list as it is written; what a section in it takes unsaid is left out."""
    return item.model_dump(exclude_unset=True) if isinstance(item, Section) else item


def _one_line(remark: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in remark)
