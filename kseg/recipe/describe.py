"""What a key of a recipe may hold, in words, and which key was probably meant."""

import difflib
from collections.abc import Iterator
from functools import cache
from typing import Any

from kseg.recipe.scalars import write_flow
from kseg.recipe.schema import EXTENDS, Recipe

Path = tuple[str, ...]
# Sections whose keys are those of the whole recipe, each a word with dots, and an example of each.
_DOTTED = {
    ("tune", "space"): "model.filters: {choice: [8, 16]}",
    ("tune", "trial"): "fit.budget: 3m",
}


@cache
def _schema() -> dict[str, Any]:
    schema = Recipe.model_json_schema()
    schema["properties"]["extends"] = EXTENDS
    return schema


def field_at(path: Path) -> dict[str, Any] | None:
    """Return the JSON Schema of the key at a path, or None where no such key exists.

    Example:
        >>> field_at(("model", "depth"))["minimum"]
        2
    """
    node: dict[str, Any] | None = _schema()
    for key in path:
        section = _mapping(node)
        if section is None:
            return None
        node = section.get("properties", {}).get(key) or section.get("additionalProperties") or None
        if node is None:
            return None
    return node


def keys_at(path: Path) -> list[str]:
    """Return the keys of the section at a path; none where a single value stands.

    Example:
        >>> keys_at(("data", "phantom")), keys_at(("model", "depth"))
        (['cases', 'seed'], [])
    """
    return list((_mapping(field_at(path)) or {}).get("properties", {}))


def expectation(field: dict[str, Any]) -> str:
    """Say what a key may hold.

    Example:
        >>> expectation(field_at(("patches", "size")))
        'a list of 3 integers from 1 to 1024'
    """
    choices = field.get("anyOf", [field])
    return " or ".join(_one_expectation({**field, **choice}) for choice in choices)


def advice_for(field: dict[str, Any]) -> str:
    """Give an example of a key's value, its default and its meaning, as far as there are such."""
    parts = []
    choices = [field, *field.get("anyOf", ())]
    examples = [example for choice in choices for example in choice.get("examples", ())]
    if examples:
        parts.append(f"For instance {write_flow(examples[0])}.")
    elif field.get("default") is not None:
        parts.append(f"The default is {write_flow(field['default'])}.")
    # Where a section's own first line says the same, the schema holds it once.
    if meaning := field.get("description") or (_mapping(field) or {}).get("description"):
        parts.append(f"Meaning: {meaning.splitlines()[0]}")
    return " ".join(parts) or "Write such a value, or remove the key."


def suggestion(path: Path) -> str:
    """Say which known key was probably meant by an unknown one.

    Args:
        path: tuple of str, the unknown key.

    Returns:
        str, a sentence.

    Example:
        >>> suggestion(("optimizer", "learing_rate"))
        'Did you mean `learning_rate`?'
        >>> suggestion(("epochs",))
        '`epochs` belongs in `fit`: write it there.'
    """
    *parent, key = path
    if key == "<<":
        return "Recipes have no merge keys; to build on another recipe write `extends: NAME`."
    if told := dotted_advice(path):
        return told
    here = keys_at(tuple(parent))
    elsewhere: dict[str, list[Path]] = {}
    for other in _paths():
        elsewhere.setdefault(other[-1], []).append(other)
    if key in elsewhere:
        homes = [".".join(p[:-1]) for p in elsewhere[key] if p[:-1] != tuple(parent)]
        named = " or ".join(f"`{home}`" if home else "the top level" for home in homes[:3])
        return f"`{key}` belongs in {named}: write it there."
    if close := difflib.get_close_matches(key, here, 1):
        return f"Did you mean `{close[0]}`?"
    if close := difflib.get_close_matches(key, elsewhere, 1, 0.75):
        return f"Did you mean `{'.'.join(elsewhere[close[0]][0])}`?"
    return f"Known keys here: {', '.join(here)}." if here else "Remove it."


def dotted_advice(path: Path) -> str | None:
    """Say how keys of the whole recipe are written in `tune`; None where none are asked for.

    Example:
        >>> dotted_advice(("tune", "trial", "fit"))[-41:]
        'line --set "tune.trial={fit.budget: 3m}".'
    """
    if path[:2] not in _DOTTED or len(path) < 3 or path[2] not in keys_at(()):
        return None
    here, shown = ".".join(path[:2]), _DOTTED[path[:2]]
    return (
        f"A key of the recipe is one word here, with its dots: `{shown}`; on the command line "
        f'--set "{here}={{{shown}}}".'
    )


def meant(path: Path) -> tuple[Path, ...]:
    """Return the known keys that an unknown one may stand for.

    Example:
        >>> meant(("model", "dpth"))
        (('model', 'depth'),)
    """
    *parent, key = path
    here = [other[-1] for other in _paths() if other[:-1] == tuple(parent)]
    close = difflib.get_close_matches(key, here, 1)
    return (
        *((*parent, name) for name in close),
        *(other for other in _paths() if other[-1] == key),
    )


def _one_expectation(field: dict[str, Any]) -> str:
    if "enum" in field:
        return "one of " + ", ".join(map(str, field["enum"]))
    if "const" in field:
        return str(field["const"])
    kind = field.get("type", "object")
    if kind == "array":
        item = field.get("prefixItems", [field.get("items")])[0]
        return f"a list of {_count(field)}{_plural(item)}"
    if kind in ("integer", "number"):
        return ("an integer" if kind == "integer" else "a number") + _bounds(field)
    examples = ", ".join(map(write_flow, field.get("examples", ())))
    return {
        "boolean": "true or false",
        "null": "null",
        "object": "a mapping of keys (`key: value`)",
        "string": f"text such as {examples}" if examples else "text",
    }[kind]


def _count(field: dict[str, Any]) -> str:
    fewest, most = field.get("minItems", 0), field.get("maxItems")
    if fewest == most:
        return f"{most} "
    if fewest < 2:
        return ""
    return f"{fewest} or more " if most is None else f"{fewest} to {most} "


def _plural(item: dict[str, Any]) -> str:
    if "enum" in item:
        return "words of " + ", ".join(item["enum"])
    if any("$ref" in choice for choice in item.get("oneOf", ())):
        return "names or mappings (`{name: NAME, args: {...}}`)"
    kinds = {"integer": "integers", "number": "numbers", "string": "words", "array": "lists"}
    return kinds.get(item.get("type"), "values") + _bounds(item)


def _bounds(field: dict[str, Any]) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    if low is not None and high is not None:
        return f" from {low:g} to {high:.12g}" if low != high else f" equal to {low}"
    parts = [
        f"{words} {field[key]:.12g}"
        for key, words in (
            ("minimum", "of at least"),
            ("exclusiveMinimum", "above"),
            ("maximum", "of at most"),
            ("exclusiveMaximum", "below"),
        )
        if key in field
    ]
    return " " + " and ".join(parts) if parts else ""


def _mapping(node: dict[str, Any] | None) -> dict[str, Any] | None:
    """Follow a reference, or the choice that is a mapping, to the schema of its keys."""
    if node is None:
        return None
    for choice in node.get("anyOf", [node]):
        reference = choice.get("$ref")
        target = _schema()["$defs"][reference.rsplit("/", 1)[1]] if reference else choice
        if "properties" in target or isinstance(target.get("additionalProperties"), dict):
            return target
    return None


@cache
def _paths() -> tuple[Path, ...]:
    return tuple(_walk(()))


def _walk(path: Path) -> Iterator[Path]:
    for key in keys_at(path):
        yield (*path, key)
        yield from _walk((*path, key))
