"""From a name in a recipe to one component, or to what was probably meant."""

import difflib
import importlib.util
import re

from kseg.errors import RecipeError
from kseg.plugins.builtin import BUILTIN, KINDS
from kseg.plugins.component import Component
from kseg.plugins.listing import checked_kind, damaged_packages, list_components, own_component

PATH_FORM = "package.module:Class"
_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def find_component(kind: str, name: str) -> Component:
    """Find a component by the name in a recipe, without importing it.

    Looked for in this order: kseg's own; an entry point of an installed package, as `name` or, if
    two packages share it, as `package/name`; `package.module:Class` of an installed package.

    Args:
        kind: str, a key of `KINDS`.
        name: str, the name.

    Returns:
        `Component`.

    Raises:
        RecipeError: if there is none or more than one, with what was probably meant.
        ValueError: if there is no such kind.

    Example:
        >>> find_component("losses", "SoftDice").value
        'kseg.losses:SoftDice'
        >>> find_component("losses", "SoftDise")
        Traceback (most recent call last):
            ...
        kseg.errors.RecipeError: there is no loss called `SoftDise`. ...
    """
    if name in BUILTIN[checked_kind(kind)]:
        return own_component(kind, name)
    if ":" in name:
        return _by_path(kind, name)
    owner, _, short = name.rpartition("/")
    found = [
        component
        for component in list_components(kind)
        if component.name == short and owner in ("", component.package)
    ]
    if len(found) > 1:
        raise RecipeError(
            why=f"the {KINDS[kind]} `{name}` must come from one package. Received: "
            + " and ".join(f"`{each.value}` of {each.origin}" for each in found),
            fix="write " + " or ".join(f"`{each.full_name}`" for each in found),
            code="KS-F10",
        )
    if not found:
        raise _unknown(kind, name)
    return found[0]


def _by_path(kind: str, name: str) -> Component:
    if not _PATH.fullmatch(name):
        raise RecipeError(
            why=f"a {KINDS[kind]} given by its place must be `{PATH_FORM}`. Received: `{name}`",
            fix="write dots within the module, one colon, and the name of the class",
            code="KS-F10",
        )
    root = re.split(r"[.:]", name, maxsplit=1)[0]
    if not _is_installed(root):
        raise RecipeError(
            why=f"the {KINDS[kind]} `{name}` needs the package {root}, which is not installed",
            fix=f"install it beside kseg (pip knows it as {root} or by a similar name)",
            code="KS-F10",
        )
    return Component(kind, name, name, root)


def _is_installed(root: str) -> bool:
    """Tell whether there is such a top-level module; asking for more would import it."""
    try:
        return importlib.util.find_spec(root) is not None
    except (ImportError, ValueError):
        return False


def _unknown(kind: str, name: str) -> RecipeError:
    noun, known = KINDS[kind], list_components(kind)
    others = [f"{each.name} ({each.origin})" for each in known if not each.builtin]
    why = (
        f"there is no {noun} called `{name}`. kseg's own: "
        f"{', '.join(each.name for each in known if each.builtin)}. "
        f"From other packages: {', '.join(others) or 'none installed'}"
    )
    for damage in damaged_packages():
        why += f"; {damage}"
    return RecipeError(why=why, fix=_meant(kind, name, known), code="KS-F10")


def _meant(kind: str, name: str, known: tuple[Component, ...]) -> str:
    short = name.rpartition("/")[2]
    for each in list_components():
        if each.kind != kind and each.name == short:
            return f"`{short}` of {each.origin} is a {KINDS[each.kind]}, not a {KINDS[kind]}"
    lower = {each.name.lower(): each for each in reversed(known)}
    if close := difflib.get_close_matches(short.lower(), lower, 1):
        meant = lower[close[0]]
        return f"did you mean `{meant.name}` of {meant.origin}?"
    return f"install the package that has it, or give its place as `{PATH_FORM}`"
