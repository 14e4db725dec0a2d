"""The order, the conditions and the values of the keys of a space."""

from collections.abc import Mapping, Sequence

from kseg.recipe.sections_tune import ParameterSection


def parents_first(space: Mapping[str, ParameterSection]) -> list[str]:
    """Return the keys of a space so that each comes after those it depends on.

    Args:
        space: mapping from dotted keys to parameters.

    Returns:
        List of keys; those of a circle are left out.

    Example:
        >>> rate = ParameterSection(float=(0.5, 0.9), when={"schedule.name": "exponential"})
        >>> law = ParameterSection(choice=("poly", "exponential"))
        >>> parents_first({"schedule.decay_rate": rate, "schedule.name": law})
        ['schedule.name', 'schedule.decay_rate']
    """
    ordered: list[str] = []
    while True:
        ready = [
            key
            for key, parameter in space.items()
            if key not in ordered and all(parent in ordered for parent in parameter.when)
        ]
        if not ready:
            return ordered
        # One at a time: a child stays beside its parent.
        ordered.append(ready[0])


def conditions(space: Mapping[str, ParameterSection], key: str) -> dict[str, object]:
    """Return all that must hold for a key to be looked for, the conditions of its parents too.

    Args:
        space: mapping from dotted keys to parameters, without a circle.
        key: str, one of its keys.

    Returns:
        Dict from dotted keys to values, the outermost first.
    """
    found: dict[str, object] = {}
    for parent, value in space[key].when.items():
        found |= conditions(space, parent) | {parent: value}
    return found


def extremes(parameter: ParameterSection) -> tuple[object, ...]:
    """Return the values between which all others lie; of a choice all."""
    if parameter.kind == "bool":
        return (False, True)
    return tuple(getattr(parameter, parameter.kind))


def is_same(one: object, other: object) -> bool:
    """Return whether two values are one; true is not 1, but 1.0 is.

    Example:
        >>> is_same(1, 1.0), is_same(1, True)
        (True, False)
    """
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def values_listed(parameter: ParameterSection) -> Sequence[object] | None:
    """Return all values that a key may take, or None where they lie along a range.

    Whole numbers come as a `range`, which takes no memory however wide it is.

    Example:
        >>> values_listed(ParameterSection(float=(0.0, 0.6), step=0.2))
        (0.0, 0.2, 0.4, 0.6)
        >>> list(values_listed(ParameterSection(int=(8, 20), step=8)))
        [8, 16]
    """
    if parameter.kind in ("choice", "bool"):
        return extremes(parameter)
    low, high = extremes(parameter)
    if parameter.scale == "log" or (parameter.kind == "float" and parameter.step is None):
        return None
    if parameter.kind == "int":
        return range(low, high + 1, int(parameter.step or 1))
    # A little more than is asked for, since 0.6 / 0.2 is less than 3.
    count = int((high - low) / parameter.step + 1e-9) + 1
    # Twelve digits, since 3 * 0.1 is more than 0.3.
    return tuple(float(f"{low + number * parameter.step:.12g}") for number in range(count))
