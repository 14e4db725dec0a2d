"""The effective recipe, key by key, with the origin of each value."""

from collections.abc import Mapping

from kseg.recipe import Recipe, recipe_leaves, write_flow
from kseg.report.content import RecipeLine


def recipe_lines(
    origins: Mapping[str, Mapping[str, object]], trained: Recipe | None
) -> tuple[RecipeLine, ...]:
    """Return a line for each key.

    Args:
        origins: for each dotted key its `value` as given and its `origin`; empty for runs of
            versions that did not write them.
        trained: `Recipe` with every derived number in place, or None while training goes on.

    Returns:
        tuple of `RecipeLine`; where training derived another value, both stand in the line.

    Example:
        >>> lines = recipe_lines({"fit.budget": {"value": "9m", "origin": "a.yaml:3"}}, None)
        >>> lines[0].value, lines[0].origin
        ('9m', 'a.yaml:3')
    """
    derived = {}
    if trained is not None:
        derived = {".".join(path): write_flow(value) for path, value in recipe_leaves(trained)}
    lines = []
    for key in dict.fromkeys((*origins, *derived)):
        entry = origins.get(key)
        if entry is None:
            lines.append(RecipeLine(key, derived[key], "not recorded"))
            continue
        given, became = write_flow(entry.get("value")), derived.get(key)
        changed = became is not None and became != given
        value = f"{given} (as trained: {became})" if changed else given
        lines.append(RecipeLine(key, value, str(entry.get("origin"))))
    return tuple(lines)
