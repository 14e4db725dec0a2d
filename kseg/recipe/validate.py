"""Merged values to a `Recipe`, or to every reason why they are none."""

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from kseg.recipe.describe import (
    advice_for,
    dotted_advice,
    expectation,
    field_at,
    meant,
    suggestion,
)
from kseg.recipe.located import Located, Mark, Path, Problem, show_value
from kseg.recipe.scalars import resolve
from kseg.recipe.schema import RECIPE_VERSION, Recipe
from kseg.recipe.section import Conflict
from kseg.recipe.sections_run import FitSection

# A wrong key hides the checks that join it with others; so often it is left out and tried again.
MOST_ROUNDS = 5
STAND_INS = {"kseg": RECIPE_VERSION, "name": "recipe"}


def validate(tree: Located) -> tuple[Recipe | None, list[Problem]]:
    """Check a whole recipe.

    Wrong values are left out, one round after another, until all that can be checked without
    them is checked: a typo in one section does not hide a misfit in another.

    Args:
        tree: the merged recipe, a mapping.

    Returns:
        The recipe (None where there is a problem), and the problems.
    """
    values = {"fit": {}, **tree.plain()}
    problems: list[Problem] = []
    removed: set[Path] = set()
    for _ in range(MOST_ROUNDS):
        try:
            recipe = Recipe.model_validate(values)
        except ValidationError as error:
            found = list(_findings(error))
        else:
            return (None if problems else recipe), problems
        fresh = [(path, source) for path, source in found if not _touches(path, source, removed)]
        problems += [_to_problem(tree, path, source) for path, source in fresh]
        dropped = [path for path, _ in fresh if _drop(values, path)]
        if not _stand_in(values) and not dropped:
            break
        removed.update(dropped)
        # What a mistyped key was meant to say is as good as removed, too.
        unknown = [path for path in dropped if field_at(path) is None]
        removed.update(key for path in unknown for key in meant(path))
    return None, problems


def _findings(error: ValidationError) -> Iterator[tuple[Path, Conflict | Mapping[str, Any]]]:
    """Yield each wrong key once: pydantic tells every branch of a union by itself."""
    seen: set[Path] = set()
    for entry in error.errors(include_url=False):
        path = _key_path(entry)
        if entry["type"] == "conflict":
            for conflict in entry["ctx"]["conflicts"]:
                yield (*path, *conflict.key), conflict
        elif path not in seen:
            seen.add(path)
            yield path, entry if path == entry["loc"] else _of_list(entry, path)


def _of_list(entry: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """Return what is wrong with an item of a list as something wrong with the list."""
    place = next((part for part in entry["loc"][len(path) :] if isinstance(part, int)), None)
    key = entry["loc"][-1]
    if entry["type"] not in ("missing", "extra_forbidden") or place is None:
        return entry
    if isinstance(key, int):
        # A list that is too short lacks an item, not a key.
        return {**entry, "type": "tuple_type"}
    wrong = "lacks" if entry["type"] == "missing" else "has the unknown key"
    told = f"must be right in each item; item {place + 1} {wrong} `{key}`"
    return {**entry, "type": "value_error", "msg": told}


def _key_path(entry: Mapping[str, Any]) -> Path:
    path: Path = ()
    for part in entry["loc"]:
        is_key = isinstance(part, str)
        if not is_key or (field_at((*path, part)) is None and entry["type"] != "extra_forbidden"):
            break
        path = (*path, part)
    return path


def _touches(path: Path, source: object, removed: set[Path]) -> bool:
    """Tell whether a finding is only the echo of a value that was left out."""
    related = {path}
    if isinstance(source, Conflict):
        section = path[: len(path) - len(source.key)]
        related.update((*section, *key) for key in source.related)
    elif source["type"] != "missing":
        return False
    return any(
        gone[: len(key)] == key or key[: len(gone)] == gone for gone in removed for key in related
    )


def _drop(values: object, path: Path) -> bool:
    for key in path[:-1]:
        values = values.get(key) if isinstance(values, dict) else None
    if not isinstance(values, dict) or not path or path[-1] not in values:
        return False
    del values[path[-1]]
    return True


def _stand_in(values: dict[str, Any]) -> bool:
    """Fill in what every recipe needs and this one lacks, so that checking can go on."""
    fit = values.setdefault("fit", {})
    lacks_length = isinstance(fit, dict) and all(
        fit.get(key) is None for key in FitSection.alternatives
    )
    if lacks_length:
        fit["steps"] = 1
    lacking = STAND_INS.keys() - values.keys()
    values.update({key: value for key, value in STAND_INS.items() if key in lacking})
    return lacks_length or bool(lacking)


def _to_problem(tree: Located, path: Path, source: Conflict | Mapping[str, Any]) -> Problem:
    node = tree.find(path)
    if isinstance(source, Conflict):
        section = path[: len(path) - len(source.key)]
        beside = ((*section, *key) for key in source.related)
        mark = _mark(tree, (path, *beside))
        received = "nothing" if source.received is None else show_value(source.received)
        return Problem(mark, source.must, source.advice, "KS-F09", path, received)
    kind = source["type"]
    if kind == "extra_forbidden":
        advice = suggestion(path)
        return Problem(node.key_mark, "is no key of a recipe", advice, "KS-F01", path)
    if kind == "missing":
        must = f"must be given: {expectation(field_at(path))}"
        return Problem(_mark(tree, (path,)), must, advice_for(field_at(path)), "KS-F02", path)
    return _value_problem(node, path, source)


def _value_problem(node: Located, path: Path, entry: Mapping[str, Any]) -> Problem:
    field = field_at(path)
    value = node.plain()
    must = f"must be {expectation(field)}"
    advice = _likely_slip(value, field, path) or advice_for(field)
    if entry["type"] == "value_error" and "Received" not in entry["msg"]:
        must = entry["msg"].removeprefix("Value error, ")
    is_type = entry["type"].endswith(("_type", "_parsing")) or "int_from_float" in entry["type"]
    code = "KS-F02" if is_type else "KS-F09"
    if path == ("kseg",) and isinstance(value, int) and value > RECIPE_VERSION:
        must, code = f"must be {RECIPE_VERSION}, the version that this kseg reads", "KS-F11"
        advice = "This recipe was written for a newer kseg: update kseg."
    return Problem(node.mark, must, advice, code, path, show_value(value))


def _likely_slip(value: object, field: Mapping[str, Any], path: Path) -> str | None:
    types = {choice.get("type") for choice in field.get("anyOf", [field])}
    if isinstance(value, dict):
        return dotted_advice(path)
    if isinstance(value, str):
        if value.lower() in ("yes", "no", "on", "off") and "boolean" in types:
            return f"Write {'true' if value.lower() in ('yes', 'on') else 'false'}."
        if types & {"integer", "number", "boolean"} and not isinstance(_reread(value), str):
            return f"Remove the quotes: {value}."
        return _nearest_word(value, field)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    is_number = is_number and math.isfinite(value)
    if is_number and "integer" in types and isinstance(value, float) and value.is_integer():
        return f"Write {int(value)}."
    if is_number and types <= {"integer", "number", "null"}:
        return _nearest_number(value, field)
    return None


def _reread(text: str) -> object:
    try:
        return resolve(text)
    except ValueError:
        return text


def _nearest_word(value: str, field: Mapping[str, Any]) -> str | None:
    words = [
        word
        for choice in field.get("anyOf", [field])
        for word in (*choice.get("enum", ()), *filter(None, [choice.get("const")]))
    ]
    close = difflib.get_close_matches(value.lower(), map(str, words), 1)
    return f"Did you mean `{close[0]}`?" if close else None


def _nearest_number(value: float, field: Mapping[str, Any]) -> str | None:
    for choice in field.get("anyOf", [field]):
        bounds = {**field, **choice}
        if "minimum" in bounds and value < bounds["minimum"]:
            return f"Nearest allowed value: {bounds['minimum']}."
        if "maximum" in bounds and value > bounds["maximum"]:
            return f"Nearest allowed value: {bounds['maximum']}."
    return None


def _mark(tree: Located, paths: Iterable[Path]) -> Mark:
    """Return the place of the first path that was written, or of the section round the first."""
    paths = tuple(paths)
    for path in paths:
        node = tree.find(path)
        if node is not None:
            return node.mark
    for length in range(len(paths[0]) - 1, -1, -1):
        node = tree.find(paths[0][:length])
        if node is not None:
            return node.key_mark
    return tree.mark
