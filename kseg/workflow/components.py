"""Code of other packages that a recipe names: told, and checked before anything else is done."""

from collections.abc import Callable, Iterator, Mapping

from kseg.plugins import KINDS, Component, bind_arguments, find_component
from kseg.recipe import Recipe

# A network's factory is called with the numbers of channels and classes.
GIVEN_TO_A_MODEL = 2


def check_components(recipe: Recipe, tell: Callable[[str], object]) -> None:
    """Tell which plug-ins a recipe runs, import them, and check their arguments.

    Args:
        recipe: `Recipe`.
        tell: function of a sentence, for a person.

    Raises:
        RecipeError: if one cannot be imported or does not take its arguments.
    """
    for component, arguments, given in _plugins_of(recipe):
        tell(f"plug-in {component.origin}: {KINDS[component.kind]} {component.name}")
        bind_arguments(component, arguments, given)


def plugin_packages(recipe: Recipe) -> tuple[str, ...]:
    """Return the packages whose code a recipe runs, as a model of it may do."""
    return tuple(component.package for component, _, _ in _plugins_of(recipe))


def _plugins_of(recipe: Recipe) -> Iterator[tuple[Component, Mapping[str, object], int]]:
    if recipe.model.is_plugin:
        model = find_component("models", recipe.model.name)
        yield model, recipe.model.args or {}, GIVEN_TO_A_MODEL
    for section in (recipe.loss.plugins or {}).values():
        yield find_component("losses", section.name), section.args, 0
