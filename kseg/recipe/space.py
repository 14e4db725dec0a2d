"""The space of a search: checked against the recipe it changes, and its values put into it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kseg.recipe.describe import advice_for, expectation, field_at, keys_at, suggestion
from kseg.recipe.located import Located, Mark, Path, Problem, show_value
from kseg.recipe.measures import measure_problems
from kseg.recipe.merge import merge, unset_nulls
from kseg.recipe.schema import Recipe
from kseg.recipe.sections_run import LENGTHS
from kseg.recipe.sections_tune import TuneSection
from kseg.recipe.space_order import conditions, extremes, is_same, parents_first
from kseg.recipe.space_size import size_problems
from kseg.recipe.space_time import time_problems
from kseg.recipe.validate import validate
from kseg.recipe.write import recipe_leaves

# What no trial may change: what it is called, what it is judged by, and the search itself.
FIXED_SECTIONS = ("kseg", "name", "data", "evaluate", "tune")
_PLACE = Mark(0, "the space of the search")


def vary(tree: Located, values: Mapping[str, object]) -> tuple[Recipe | None, list[Problem]]:
    """Put values into a recipe.

    Args:
        tree: the recipe, a mapping.
        values: mapping from dotted keys to values.

    Returns:
        The changed recipe (None where there is a problem), and the problems.
    """
    return validate(varied_tree(tree, values))


def varied_tree(tree: Located, values: Mapping[str, object]) -> Located:
    """Put values into a recipe that is not checked yet.

    A key that another one rules out goes with it, as between a file and the command line: with
    `schedule.name: cosine` the keys of another schedule are forgotten.

    Args:
        tree: the recipe, a mapping.
        values: mapping from dotted keys to values.

    Returns:
        The changed recipe.
    """
    layer = Located({}, _PLACE, _PLACE)
    for key, value in values.items():
        node = Located(value, _PLACE, _PLACE)
        for part in reversed(key.split(".")):
            node = Located({part: node}, _PLACE, _PLACE)
        layer = merge(node, layer, None)
    return unset_nulls(merge(layer, tree, Recipe), Recipe)


def space_problems(tree: Located, recipe: Recipe) -> list[Problem]:
    """Find what of `tune` does not fit the recipe that it changes.

    Args:
        tree: the recipe as it was written.
        recipe: the same, checked.

    Returns:
        List of problems: keys that do not exist or may not change, values that a key cannot take,
        conditions that no value meets, or that turn in a circle.
    """
    if recipe.tune is None:
        return []
    found = list(_problems(tree, recipe.tune))
    if not found:
        found += [
            _problem(tree, ("tune", *place), must, advice, received)
            for place, must, advice, received in size_problems(recipe.tune)
        ]
        of_trials, _ = vary(tree, {**recipe.tune.trial, "tune": None})
        found += [
            _problem(tree, place, must, advice, received)
            for place, must, advice, received in time_problems(recipe.tune, of_trials)
        ]
    found += [
        _problem(tree, place, must, advice, received)
        for place, must, advice, received in measure_problems(recipe)
    ]
    return found


def _problems(tree: Located, tune: TuneSection) -> Iterator[Problem]:
    sound = []
    for key in tune.space:
        found = list(_key_problems(tree, tune, ("tune", "space"), key))
        found += _condition_problems(tree, tune, key)
        yield from found
        sound += [key] * (not found)
    usual = {}
    for key, value in tune.trial.items():
        found = list(_key_problems(tree, tune, ("tune", "trial"), key))
        yield from found
        if not found:
            usual[key] = value
            yield from _value_problems(tree, ("tune", "trial", key), key, {key: value})
    for problem in vary(tree, {**usual, "tune": None})[1] if usual else ():
        told = f"do not fit together: {'.'.join(problem.key)} {problem.must}"
        yield _problem(tree, ("tune", "trial"), told, problem.advice)
    circle = set(sound) - set(parents_first({key: tune.space[key] for key in sound}))
    for key in sound:
        if key in circle:
            yield _problem(
                tree, ("tune", "space", key, "when"),
                "must not lead back to the key itself, by whatever way",
                "Remove one of the conditions.", list(tune.space[key].when),
            )  # fmt: skip
        elif all(parent in sound for parent in tune.space[key].when):
            path = ("tune", "space", key, tune.space[key].kind)
            # The winner is written without what the trials alone take otherwise.
            for taken in (usual, {}) if usual else ({},):
                for value in extremes(tune.space[key]):
                    values = taken | conditions(tune.space, key) | {key: value}
                    yield from _value_problems(tree, path, key, values)


def _key_problems(tree: Located, tune: TuneSection, place: Path, key: str) -> Iterator[Problem]:
    path, written = tuple(key.split(".")), (*place, key)
    field = field_at(path)
    is_length = key in LENGTHS and place[1] == "space"
    if field is None:
        advice = suggestion(path) if all(path) else "Write a key such as `model.depth`."
        yield _problem(tree, written, "is no key of a recipe", advice, None, "KS-F01")
    elif keys := keys_at(path):
        yield _problem(
            tree, written, "must be a single key, not a section", f"For instance `{key}.{keys[0]}`."
        )
    elif path[0] in FIXED_SECTIONS or is_length:
        why = "it would change what the trials are, or what they are judged by"
        advice = "Remove it."
        if is_length:
            why = "the length of all trials is one, or they could not be compared"
            advice = "Write it under `tune.trial`."
        elif place[1] == "trial":
            why += ", and their scores would tell nothing of this recipe"
        what = "searched" if place[1] == "space" else "changed for the trials"
        yield _problem(tree, written, f"must not be {what}: {why}", advice)
    elif place[1] == "trial" and key in tune.space:
        yield _problem(
            tree, written, "stands in `tune.space` as well", "Remove it from one of the two."
        )


def _condition_problems(tree: Located, tune: TuneSection, key: str) -> Iterator[Problem]:
    for parent, value in tune.space[key].when.items():
        place = ("tune", "space", key, "when", parent)
        if parent not in tune.space:
            yield _problem(
                tree, place, "must be a key of the space itself",
                f"The space has {', '.join(tune.space)}.",
            )  # fmt: skip
            continue
        above = tune.space[parent]
        if above.kind not in ("choice", "bool"):
            yield _problem(
                tree, place, f"must name a choice or a bool; `{parent}` is a range",
                f"Give `{parent}` as choice, or remove the condition.",
            )  # fmt: skip
        elif not any(is_same(value, each) for each in extremes(above)):
            shown = ", ".join(map(show_value, extremes(above)))
            yield _problem(
                tree, place, f"must be one of the values of `{parent}`: {shown}",
                "Write one of these.", value,
            )  # fmt: skip


def _value_problems(
    tree: Located, place: Path, key: str, values: Mapping[str, object]
) -> Iterator[Problem]:
    """Yield what the recipe says to a value, where it says so of the key itself."""
    recipe, found = vary(tree, values)
    for problem in found:
        if ".".join(problem.key) == key:
            yield _problem(tree, place, problem.must, problem.advice, values[key], problem.code)
    if values[key] is None and (told := _null_problem(recipe, key)):
        yield replace(_problem(tree, place, *told), received="null")


def _null_problem(recipe: Recipe | None, key: str) -> tuple[str, str] | None:
    """Return what must hold and what to do where null is no value of a key's own, or None.

    In a recipe null then stands for the default: two trials would be one.
    """
    path = tuple(key.split("."))
    field = field_at(path)
    if all(choice.get("type") != "null" for choice in field.get("anyOf", [field])):
        return f"must be {expectation(field)}", advice_for(field)
    default = None if recipe is None else dict(recipe_leaves(recipe)).get(path)
    if default is None:
        return None
    return (
        f"must not be null, which stands for {show_value(default)} here",
        f"Write {show_value(default)}, or another value.",
    )


def _problem(
    tree: Located, place: Path, must: str, advice: str, received=None, code: str = "KS-F09"
) -> Problem:
    mark = next(
        node.mark
        for length in range(len(place), -1, -1)
        if (node := tree.find(place[:length])) is not None
    )
    shown = "" if received is None else show_value(received)
    return Problem(mark, must, advice, code, place, shown)
