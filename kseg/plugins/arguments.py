"""Arguments of a component, checked against its signature before anything is built."""

import difflib
import inspect
from collections.abc import Mapping, Sequence

from kseg.errors import RecipeError
from kseg.plugins.builtin import KINDS
from kseg.plugins.component import Component

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def bind_arguments(component: Component, arguments: Mapping[str, object], given: int = 0) -> None:
    """Check that a component takes the arguments of a recipe.

    Args:
        component: `Component`, imported if it is not yet.
        arguments: mapping from name to value.
        given: int, leading arguments that kseg hands over itself, such as the 2 (channels and
            classes) of a model.

    Raises:
        RecipeError: with all unknown and all missing arguments, or if the import fails.

    Example:
        >>> from kseg.plugins import find_component
        >>> bind_arguments(find_component("losses", "SoftDice"), {"smoth": 1.0})
        Traceback (most recent call last):
            ...
        kseg.errors.RecipeError: the loss `SoftDice` of kseg ... has no argument `smoth` ...
    """
    try:
        signature = inspect.signature(component.load())
    except (TypeError, ValueError):
        return  # Some compiled classes do not tell what they take; a call will.
    parameters = signature.parameters.values()
    named = [each for each in parameters if each.kind in _NAMED][given:]
    names = [each.name for each in named]
    takes_any = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters)
    unknown = [] if takes_any else [name for name in arguments if name not in names]
    missing = [each.name for each in named if each.default is each.empty]
    missing = [name for name in missing if name not in arguments]
    if unknown or missing:
        raise _misfit(component, unknown, missing, names)
    try:
        signature.bind_partial(*[None] * given, **arguments)
    except TypeError as error:
        who = f"the {KINDS[component.kind]} `{component.name}` of {component.origin}"
        raise RecipeError(
            why=f"{who} cannot be called so: {error}",
            fix=f"it takes {', '.join(names) or 'no arguments'}",
            code="KS-F02",
        ) from error


def takes_argument(component: Component, name: str) -> bool:
    """Tell whether a component names an argument; one that goes on by **kwargs does not count.

    Args:
        component: `Component`, imported if it is not yet.
        name: str, name of the argument.

    Returns:
        bool.

    Raises:
        RecipeError: if the import fails.

    Example:
        >>> from kseg.plugins import find_component
        >>> takes_argument(find_component("losses", "SoftDice"), "regions")
        True
    """
    try:
        parameters = inspect.signature(component.load()).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(each.name == name and each.kind in _NAMED for each in parameters)


def _misfit(
    component: Component, unknown: Sequence[str], missing: Sequence[str], names: Sequence[str]
) -> RecipeError:
    said, advice = [], []
    for name in unknown:
        close = difflib.get_close_matches(name, names, 1)
        advice += [f"for `{name}` write `{close[0]}`"] if close else [f"remove `{name}`"]
    if unknown:
        said.append(f"has no argument {_quoted(unknown)}")
    if missing:
        said.append(f"needs the argument {_quoted(missing)}")
        advice.append(f"give {_quoted(missing)}")
    return RecipeError(
        why=f"the {KINDS[component.kind]} `{component.name}` of {component.origin} "
        f"{' and '.join(said)} (it takes {', '.join(names) or 'none'})",
        fix="; ".join(advice),
        code="KS-F01" if unknown else "KS-F02",
    )


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
