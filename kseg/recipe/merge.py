"""Layers of a recipe laid over one another: parent, file, command line."""

from collections.abc import Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from kseg.recipe.located import Located
from kseg.recipe.section import Section
from kseg.recipe.sections_run import LENGTHS

# Choices that own all other keys of their section: naming another one forgets those keys.
OWNERS = ("preset",)


def merge(upper: Located, lower: Located, section: Any) -> Located:
    """Lay one layer over another: mappings merge, lists and scalars replace.

    A key that the upper layer rules out in the lower one goes with it: `fit.steps` over
    `fit.budget`, or what `schedule: {name: poly}` reads over `schedule: {name: cosine}`.
    Another objective takes the place of the one below, or a metric would get the direction of
    another.

    Args:
        upper: the layer that wins.
        lower: the layer below.
        section: the class of section that both describe, or None where there is none.

    Returns:
        The merged layer; each value keeps its own place.
    """
    if not (isinstance(upper.value, dict) and isinstance(lower.value, dict)):
        return upper
    merged = dict(lower.value)
    for key in _ruled_out(upper.value, lower.value, section):
        merged.pop(key, None)
    for key, child in upper.value.items():
        below = lower.value.get(key) if key in merged else None
        if below is None or _replaces(section, key, child, below):
            merged[key] = child
        else:
            merged[key] = merge(child, below, section_at(section, key))
    # A section is looked for in a file; the command line changes only single keys of it.
    place = upper if upper.mark.line else lower
    return Located(merged, place.mark, place.key_mark)


def unset_nulls(tree: Located, section: Any) -> Located:
    """Remove each known key whose null is no value of its own, so that its default holds."""
    if not isinstance(tree.value, dict):
        return tree
    kept = {
        key: unset_nulls(child, section_at(section, key))
        for key, child in tree.value.items()
        if child.value is not None or not _unsets(section, key)
    }
    return Located(kept, tree.mark, tree.key_mark)


def section_at(section: Any, key: str) -> Any:
    """Return the class of section under a key, a `dict[...]` annotation, or None.

    Example:
        >>> from kseg.recipe.schema import Recipe
        >>> section_at(Recipe, "model").__name__
        'ModelSection'
    """
    if get_origin(section) is dict:
        annotation = get_args(section)[1]
    elif _is_section(section) and key in section.model_fields:
        annotation = section.model_fields[key].annotation
    else:
        return None
    for choice in _choices(annotation):
        if _is_section(choice) or get_origin(choice) is dict:
            return choice
    return None


def _unsets(section: Any, key: str) -> bool:
    if get_origin(section) is dict:
        return type(None) not in _choices(get_args(section)[1])
    if not _is_section(section) or key not in section.model_fields:
        return False
    return type(None) not in _choices(section.model_fields[key].annotation)


def _choices(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _is_section(section: Any) -> bool:
    return isinstance(section, type) and issubclass(section, BaseModel)


def _ruled_out(upper: Mapping[str, Located], lower: Mapping[str, Located], section: Any) -> set:
    if get_origin(section) is dict:
        # Its keys may be those of the whole recipe, as in `tune.trial`.
        return _others_of(LENGTHS, upper)
    if not (_is_section(section) and issubclass(section, Section)):
        return set()
    gone = _others_of(section.alternatives, upper)
    for alternative, unread in section.not_read_by.items():
        if alternative in upper and upper[alternative].value is not None:
            gone.update(unread)
    for selector in section.choices:
        if selector in upper and isinstance(upper[selector].value, str):
            gone.update(section.keys_not_read(selector, upper[selector].value))
    for selector in OWNERS:
        if selector in section.model_fields and selector in upper:
            default = section.model_fields[selector].default
            before = lower[selector].value if selector in lower else default
            if upper[selector].value != before:
                gone.update(section.model_fields)
    return gone


def _replaces(section: Any, key: str, upper: Located, lower: Located) -> bool:
    """Return whether a mapping takes the place of the one below, and is not laid over it."""
    if not (_is_section(section) and issubclass(section, Section) and key in section.replacing):
        return False
    both = upper.plain(), lower.plain()
    return all(isinstance(layer, dict) for layer in both) and section.replacing[key](*both)


def _others_of(alternatives: tuple[str, ...], upper: Mapping[str, Located]) -> set[str]:
    """Return the keys of which only one can be given, if the upper layer gives one."""
    is_given = any(key in upper and upper[key].value is not None for key in alternatives)
    return set(alternatives) if is_given else set()
