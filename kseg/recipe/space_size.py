"""Whether a space is large enough for the oracle that searches it, or small enough."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from kseg.recipe.sections_tune import ParameterSection, TuneSection
from kseg.recipe.space_order import conditions, is_same, parents_first, values_listed

Place = tuple[str, ...]
# More than anybody can train, and as many as fit into the memory of the driver with ease.
MOST_CONFIGURATIONS = 100_000


def size_problems(tune: TuneSection) -> Iterator[tuple[Place, str, str, object]]:
    """Yield what of a space its oracle cannot search.

    Args:
        tune: `TuneSection` whose keys are right.

    Yields:
        The place within `tune`, what must hold, what to do, and what was received.
    """
    if tune.oracle == "grid":
        for key, parameter in tune.space.items():
            if values_listed(parameter) is None:
                yield (
                    ("space", key),
                    "must have a `step`, or be a choice, with `oracle: grid`, which tries all "
                    "values",
                    "For instance {choice: [0.001, 0.003, 0.01]}.",
                    getattr(parameter, parameter.kind),
                )
                return
        if _count(tune.space, MOST_CONFIGURATIONS + 1) > MOST_CONFIGURATIONS:
            yield (
                ("oracle",),
                f"must not be grid for a space of more than {MOST_CONFIGURATIONS:,} combinations",
                "Write `oracle: random`, or fewer values.",
                "grid",
            )
    if tune.oracle == "hyperband":
        needed = hyperband_configurations(tune.factor, tune.promotions)
        if needed > MOST_CONFIGURATIONS:
            yield (
                ("promotions",),
                f"must let hyperband begin with at most {MOST_CONFIGURATIONS:,} configurations, "
                f"but {tune.factor} ** {tune.promotions} makes it {needed:,}",
                "Write fewer promotions, or a smaller factor.",
                tune.promotions,
            )
            return
        count = _count(tune.space, needed)
        if count < needed:
            yield (
                ("oracle",),
                f"must not be hyperband for a space of {count} combinations: it begins with "
                f"{needed} and would promote none",
                "Write `oracle: grid`, or fewer `tune.promotions`.",
                "hyperband",
            )


def hyperband_configurations(factor: int, promotions: int) -> int:
    """Return with how many configurations one iteration of hyperband begins.

    Example:
        >>> hyperband_configurations(3, 2)
        17
    """
    last = math.ceil(1 + math.log(factor**promotions, factor))
    return sum(math.ceil(last / (n + 1) * factor**n) for n in range(promotions + 1))


def combinations(space: Mapping[str, ParameterSection]) -> Iterator[dict[str, object]]:
    """Yield all that a space holds; without an end where it holds a range.

    Args:
        space: mapping from dotted keys to parameters, without a circle.

    Yields:
        Dict of values by key, of the keys whose conditions are met.
    """
    order = parents_first(space)

    def rest(number: int, chosen: dict[str, object]) -> Iterator[dict[str, object]]:
        if number == len(order):
            yield dict(chosen)
            return
        key = order[number]
        needed = conditions(space, key).items()
        # A key that is not there has no value, which is not the value null.
        if not all(p in chosen and is_same(v, chosen[p]) for p, v in needed):
            yield from rest(number + 1, chosen)
            return
        listed = _all_values(space[key])
        for value in iter(float, 1.0) if listed is None else listed:
            yield from rest(number + 1, {**chosen, key: value})

    return rest(0, {})


def _count(space: Mapping[str, ParameterSection], at_most: int) -> int:
    return sum(1 for _ in islice(combinations(space), at_most))


def _all_values(parameter: ParameterSection) -> Sequence[object] | None:
    """Return what a key may become, along a logarithmic range of whole numbers too."""
    if parameter.kind == "int" and parameter.scale == "log":
        low, high = parameter.int
        return range(low, high + 1)
    return values_listed(parameter)
