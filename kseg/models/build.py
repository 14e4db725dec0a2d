"""Networks by the names that recipes and model folders use."""

import functools
from collections.abc import Mapping

import keras

from kseg.errors import RecipeError
from kseg.models.fcn import fcn
from kseg.models.unet import unet
from kseg.plugins import bind_arguments, find_component, refuse_foreign_objects

FACTORIES = {"fcn": fcn, "unet": unet}


def build(name: str, channels: int, classes: int, arguments: Mapping[str, object]) -> keras.Model:
    """Return the network called `name`.

    Args:
        name: str, a key of `FACTORIES`, or the name of another package's model.
        channels: int, channels of the image.
        classes: int, classes with the background.
        arguments: further arguments of the factory, plain values as JSON holds them. Initialisers
            and regularisers are words, or mappings such as
            `{"class_name": "L2", "config": {"l2": 0.003}}`. The `block` of a U-Net is a word, or
            a layer by its component's name: `{"name": "my_package/MyBlock", "args": {}}`.

    Returns:
        A Keras model from (batch, z, y, x, channels), or (batch, y, x, channels), to logits.

    Raises:
        RecipeError: if another package's network does not take the arguments.
        ValueError: if there is no such network, or an argument is refused or would load other code.

    Example:
        >>> build("unet", 1, 2, {"depth": 2, "filters": 2}).name
        'unet'
    """
    refuse_foreign_objects(arguments)
    if name in FACTORIES:
        if block_name(name, arguments) is not None:
            arguments = {**arguments, "block": _block_class(arguments["block"])}
        return FACTORIES[name](channels, classes, **arguments)
    try:
        component = find_component("models", name)
    except RecipeError as error:
        raise ValueError(
            f"`name` must be one of {sorted(FACTORIES)}. Received: name={name!r}, which no "
            "installed package offers either."
        ) from error
    bind_arguments(component, arguments, given=2)
    model = component.load()(channels, classes, **arguments)
    if not isinstance(model, keras.Model):
        raise ValueError(f"`{name}` must return a keras.Model. Received: {type(model).__name__}.")
    return model


def block_name(name: str, arguments: Mapping[str, object]) -> str | None:
    """Return the component whose layers a network is built of, if it is not one of kseg's words.

    Args:
        name: str, as in `build`.
        arguments: as in `build`.

    Returns:
        Name of the layer, or None.

    Example:
        >>> block_name("unet", {"block": {"name": "my_package/MyBlock", "args": {}}})
        'my_package/MyBlock'
    """
    block = arguments.get("block") if name == "unet" else None
    return str(block.get("name")) if isinstance(block, Mapping) else None


def _block_class(block: Mapping[str, object]):
    """Return what makes the layers that plain data describe."""
    component = find_component("layers", block["name"])
    return functools.partial(component.load(), **block.get("args", {}))
