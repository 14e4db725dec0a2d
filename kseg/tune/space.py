"""The space of a recipe in KerasTuner's words, and KerasTuner's values in the recipe's."""

from collections.abc import Mapping
from contextlib import ExitStack

import keras_tuner

from kseg.recipe import ParameterSection, conditions, extremes, parents_first, write_flow

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
                wanted = to_tuner(space[parent], value)
                scopes.enter_context(declared.conditional_scope(parent, [wanted]))
            _declare(declared, key, space[key], base.get(key))
    return declared


def to_tuner(parameter: ParameterSection, value: object) -> object:
    """Return a value as KerasTuner holds it: a choice of lists or of mixed kinds as its text.

    Example:
        >>> to_tuner(ParameterSection(choice=(0.5, 1)), 1)
        1.0
        >>> to_tuner(ParameterSection(choice=((32, 48), (48, 48))), (32, 48))
        '[32, 48]'
    """
    if parameter.kind != "choice":
        return value
    # KerasTuner takes choices of one kind only.
    kinds = {type(item) for item in parameter.choice}
    if kinds == {int, float}:
        return float(value)
    item = next(item for item in parameter.choice if _same(item, value))
    return item if len(kinds) == 1 and kinds != {tuple} else write_flow(item)


def from_tuner(parameter: ParameterSection, value: object) -> object:
    """Return a value of KerasTuner as the recipe holds it; numbers with four digits.

    Example:
        >>> from_tuner(ParameterSection(float=(1e-4, 1e-2)), 0.00123456)
        0.001235
    """
    kind = parameter.kind
    if kind == "choice":
        return next(item for item in parameter.choice if to_tuner(parameter, item) == value)
    if kind == "float":
        low, high = parameter.float
        return min(max(float(f"{value:.{DIGITS}g}"), low), high)
    return int(value) if kind == "int" else bool(value)


def values_of(space: Space, proposed: Mapping[str, object]) -> dict[str, object]:
    """Return what a proposal of KerasTuner gives to the keys of the recipe.

    Args:
        space: mapping from dotted keys to parameters.
        proposed: KerasTuner's values; what is not of the space is left out.

    Returns:
        Dict from dotted keys to values, of the keys whose conditions are met, parents first.
    """
    values: dict[str, object] = {}
    for key in parents_first(space):
        is_met = all(values.get(p) == v for p, v in conditions(space, key).items())
        if is_met and key in proposed:
            values[key] = from_tuner(space[key], proposed[key])
    return values


def within(space: Space, base: Mapping[str, object]) -> dict[str, object] | None:
    """Return the base recipe as a proposal, or None where it does not lie in the space.

    Args:
        space: mapping from dotted keys to parameters.
        base: values of the base recipe by key.

    Returns:
        Dict in KerasTuner's words of the keys whose conditions are met.

    Example:
        >>> space = {"model.depth": ParameterSection(int=(3, 5))}
        >>> within(space, {"model.depth": 4}), within(space, {"model.depth": 6})
        ({'model.depth': 4}, None)
    """
    values: dict[str, object] = {}
    for key in parents_first(space):
        if all(base.get(parent) == value for parent, value in conditions(space, key).items()):
            if not _holds(space[key], base.get(key)):
                return None
            values[key] = to_tuner(space[key], base[key])
    return values


def _same(one: object, other: object) -> bool:
    """Return whether two values are one; true is not 1, but 1.0 is."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _holds(parameter: ParameterSection, value: object) -> bool:
    if parameter.kind in ("choice", "bool"):
        return any(_same(item, value) for item in extremes(parameter))
    low, high = extremes(parameter)
    return isinstance(value, int | float) and low <= value <= high


def _declare(declared, key: str, parameter: ParameterSection, base: object) -> None:
    default = to_tuner(parameter, base) if _holds(parameter, base) else None
    if parameter.kind == "choice":
        values = [to_tuner(parameter, item) for item in parameter.choice]
        declared.Choice(key, values, default=default)
    elif parameter.kind == "bool":
        declared.Boolean(key, default=bool(default))
    else:
        low, high = extremes(parameter)
        declare = declared.Int if parameter.kind == "int" else declared.Float
        step = None if parameter.step is None else type(low)(parameter.step)
        declare(key, low, high, step=step, sampling=parameter.scale, default=default)
