"""The space of a recipe in KerasTuner's words, and KerasTuner's values in the recipe's.

KerasTuner is given places only: which of a list of values, or how far along a range. It takes
choices of one kind alone, turns true into 1, loses the end of a range with steps, and gives whole
numbers outside of a logarithmic range; a place has none of this.
"""

import math
from collections.abc import Mapping
from contextlib import ExitStack

import keras_tuner

from kseg.recipe import ParameterSection, conditions, is_same, parents_first, values_listed

# What a person can read, and as fine as any learning rate needs to be.
DIGITS = 4
Space = Mapping[str, ParameterSection]


def hyperparameters(space: Space, base: Mapping[str, object]) -> keras_tuner.HyperParameters:
    """Return a space as KerasTuner declares it.

    Args:
        space: mapping from dotted keys to parameters.
        base: values of the base recipe by key; where one lies in the space it is the default, which
            a grid tries first.

    Returns:
        `keras_tuner.HyperParameters` in which every key is declared, parents first.

    Example:
        >>> space = {"model.depth": ParameterSection(int=(3, 5))}
        >>> [hp.name for hp in hyperparameters(space, {"model.depth": 4}).space]
        ['model.depth']
    """
    declared = keras_tuner.HyperParameters()
    for key in parents_first(space):
        with ExitStack() as scopes:
            for parent, value in conditions(space, key).items():
                place = place_of(space[parent], value)
                scopes.enter_context(declared.conditional_scope(parent, [place]))
            listed, default = values_listed(space[key]), _place_in(space, base, key)
            if listed is None:
                declared.Float(key, 0.0, 1.0, default=0.0 if default is None else default)
            else:
                declared.Int(key, 0, len(listed) - 1, default=default or 0)
    return declared


def place_of(parameter: ParameterSection, value: object) -> int | float | None:
    """Return the place of a value: which in the list, or how far along the range; None if nowhere.

    Example:
        >>> place_of(ParameterSection(choice=("poly", "cosine")), "cosine")
        1
        >>> round(place_of(ParameterSection(float=(1e-4, 1e-2), scale="log"), 1e-3), 6)
        0.5
        >>> place_of(ParameterSection(int=(3, 5)), 6) is None
        True
    """
    listed = values_listed(parameter)
    if isinstance(listed, range):
        is_there = not isinstance(value, bool) and value in listed
        return listed.index(value) if is_there else None
    if listed is not None:
        return next((place for place, item in enumerate(listed) if is_same(item, value)), None)
    low, high = _ends(parameter)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        return None
    if parameter.scale == "log":
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def value_at(parameter: ParameterSection, place: int | float) -> object:
    """Return the value at a place; one along a range with four digits.

    Example:
        >>> value_at(ParameterSection(float=(1e-4, 1e-2), scale="log"), 0.512345)
        0.001058
        >>> value_at(ParameterSection(int=(3, 5)), 2)
        5
    """
    listed = values_listed(parameter)
    if listed is not None:
        return listed[place]
    low, high = _ends(parameter)
    if parameter.scale == "log":
        value = low * (high / low) ** place
    else:
        value = low + (high - low) * place
    if parameter.kind == "int":
        return min(max(round(value), low), high)
    return min(max(float(f"{value:.{DIGITS}g}"), low), high)


def values_of(space: Space, proposed: Mapping[str, object]) -> dict[str, object]:
    """Return what a proposal of KerasTuner gives to the keys of the recipe.

    Args:
        space: mapping from dotted keys to parameters.
        proposed: KerasTuner's places; what is not of the space is left out.

    Returns:
        Dict from dotted keys to values, of the keys whose conditions are met, parents first.
    """
    values: dict[str, object] = {}
    for key in parents_first(space):
        if key in proposed and _is_met(space, key, values):
            values[key] = value_at(space[key], proposed[key])
    return values


def within(space: Space, base: Mapping[str, object]) -> dict[str, object] | None:
    """Return the base recipe as a proposal, or None where it does not lie in the space.

    Args:
        space: mapping from dotted keys to parameters.
        base: values of the base recipe by key.

    Returns:
        Dict of the places of the keys whose conditions are met.

    Example:
        >>> space = {"model.depth": ParameterSection(int=(3, 5))}
        >>> within(space, {"model.depth": 4}), within(space, {"model.depth": 6})
        ({'model.depth': 1}, None)
    """
    places: dict[str, object] = {}
    for key in parents_first(space):
        if _is_met(space, key, base):
            places[key] = _place_in(space, base, key)
    return None if None in places.values() else places


def _place_in(space: Space, base: Mapping[str, object], key: str) -> int | float | None:
    # A key that another one rules out has no value, which is not the value null.
    return place_of(space[key], base[key]) if key in base else None


def _is_met(space: Space, key: str, values: Mapping[str, object]) -> bool:
    return all(
        parent in values and is_same(value, values[parent])
        for parent, value in conditions(space, key).items()
    )


def _ends(parameter: ParameterSection) -> tuple[float, float]:
    return getattr(parameter, parameter.kind)
