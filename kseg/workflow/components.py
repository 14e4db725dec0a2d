"""Code of other packages that a recipe names: told, and checked before anything else is done."""

from collections.abc import Callable, Iterator, Mapping

from kseg.errors import KsegError, ModelFileError, RecipeError
from kseg.models import taken_arguments
from kseg.plugins import (
    KINDS,
    Component,
    allowed_component,
    bind_arguments,
    find_component,
    takes_argument,
)
from kseg.recipe import METRIC_WORDS, ModelSection, Recipe
from kseg.workflow.metrics import metric_parts
from kseg.workflow.steps import plugged_steps
from kseg.workflow.targets import MEANING

# A network's factory is called with the numbers of channels and classes.
GIVEN_TO_A_MODEL = 2
# A source is called with the folder or table.
GIVEN_TO_A_SOURCE = 1
# What the levels of a U-Net tell those of their blocks that listen, beside the block's size.
BLOCK_MANNER = ("norm", "norm_momentum", "activation", "dropout", "use_bias", "padding")
# Keys that reach a block under another name, or as an object of Keras.
TRANSLATED = {
    "kernel_initializer": "kernel_initializer",
    "initial_bias": "bias_initializer",
    "l2": "kernel_regularizer",
}


def check_components(recipe: Recipe, tell: Callable[[str], object]) -> None:
    """Tell which plug-ins a recipe runs, import them, and check their arguments.

    Args:
        recipe: `Recipe`.
        tell: function of a sentence, for a person.

    Raises:
        RecipeError: if one cannot be imported or does not take its arguments.
    """
    for component, arguments, given in _plugins_of(recipe):
        if component.module_root != "kseg":
            tell(f"plug-in {component.origin}: {KINDS[component.kind]} {component.name}")
        if component.kind == "layers":
            arguments = {**_told_to_a_block(component, recipe.model, tell), **arguments}
        bind_arguments(component, _with_what_data_tell(component, arguments), given)
        if component.kind in ("models", "layers"):
            _refuse_unopenable(component)
        # Keras refuses what a signature lets through by **kwargs, and a class its wrong values.
        # Made once and thrown away, a block is told of before any data are opened.
        # What losses and metrics need of the data set is known once it is open: see `try_parts`.
        if component.kind == "layers":
            _make(component, arguments)
    plugged_steps(recipe.augment)


def plugin_packages(recipe: Recipe) -> tuple[str, ...]:
    """Return the packages whose code a recipe runs, as a model of it may do.

    Args:
        recipe: `Recipe`.

    Returns:
        tuple of str.
    """
    return tuple(component.package for component, _, _ in _plugins_of(recipe))


def plugin_versions(recipe: Recipe) -> dict[str, object]:
    """Return what of other people's code a training depends on, for its identity.

    Args:
        recipe: `Recipe`.

    Returns:
        dict that JSON can hold; empty where there is none.
    """
    found = [[each.kind, each.full_name, each.version] for each, _, _ in _plugins_of(recipe)]
    return {"plugins": found} if found else {}


def _plugins_of(recipe: Recipe) -> Iterator[tuple[Component, Mapping[str, object], int]]:
    model, data = recipe.model, recipe.data
    if data.is_plugin:
        yield find_component("sources", data.source), data.source_args or {}, GIVEN_TO_A_SOURCE
    if model.is_plugin:
        yield find_component("models", model.name), model.args or {}, GIVEN_TO_A_MODEL
    if model.is_plugin_block:
        yield find_component("layers", model.block), model.block_args or {}, 0
    for section in (recipe.loss.plugins or {}).values():
        yield find_component("losses", section.name), section.args, 0
    for section in (recipe.augment.plugins or {}).values():
        yield find_component("augment", section.name), section.args, 0
    for name, arguments in map(metric_parts, recipe.fit.metrics):
        if name not in METRIC_WORDS:
            yield find_component("metrics", name), arguments, 0


def _told_to_a_block(
    component: Component, section: ModelSection, tell: Callable[[str], object]
) -> dict[str, object]:
    """Return what a U-Net gives a block, and tell a person what the block does not take."""
    offered, unread = {"filters": 1, "kernel_size": 3, "strides": 1}, section.unread_keys()
    manner = {name: getattr(section, name) for name in BLOCK_MANNER if name not in unread}
    offered |= manner
    try:
        block = component.load()
        taken = taken_arguments(block, offered)
        heard = taken_arguments(block, {**offered, **dict.fromkeys(TRANSLATED.values())})
    except ValueError as error:
        raise RecipeError(
            why=f"model.block: the layer `{component.name}` of {component.origin} cannot be a "
            f"block of unet: {error}",
            fix="choose plain, residual, or a layer that takes filters, kernel_size and strides",
            code="KS-F10",
        ) from error
    deaf = [f"model.{name}" for name in manner if name not in taken]
    deaf += [
        f"model.{key}"
        for key, argument in TRANSLATED.items()
        if argument not in heard and getattr(section, key) != ModelSection.model_fields[key].default
    ]
    if deaf:
        tell(f"{component.name} does not take {', '.join(deaf)}: they hold for the way up alone")
    return taken


def _with_what_data_tell(
    component: Component, arguments: Mapping[str, object]
) -> Mapping[str, object]:
    """Add what kseg itself gives a loss or a metric where the data set says so."""
    if component.kind not in ("losses", "metrics"):
        return arguments
    given = {name: None for name in MEANING if takes_argument(component, name)}
    return {**given, **arguments}


def _refuse_unopenable(component: Component) -> None:
    """Refuse code from which a trained network could be written but never opened again."""
    try:
        allowed_component(component.kind, component.full_name, (component.package,))
    except ModelFileError as error:
        noun = KINDS[component.kind]
        raise RecipeError(
            why=f"the model folder of a network with the {noun} `{component.name}` could not be "
            f"opened again: {error.why}",
            fix="put it into a package of your own, which `--allow-plugin` can name",
            code="KS-F10",
        ) from error


def _make(component: Component, arguments: Mapping[str, object]) -> None:
    try:
        component.load()(**arguments)
    except KsegError:
        raise
    except Exception as error:
        # Other people's code may fail in any way; the person must learn whose it was.
        raise RecipeError(
            why=f"the {KINDS[component.kind]} `{component.name}` of {component.origin} cannot be "
            f"made so: {type(error).__name__}: {error}",
            fix="correct its arguments",
            code="KS-F02",
        ) from error
