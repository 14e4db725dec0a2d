"""Networks by the names that recipes and model folders use."""

from collections.abc import Mapping

import keras

from kseg.models.unet import unet

FACTORIES = {"unet": unet}


def build(name: str, channels: int, classes: int, arguments: Mapping[str, object]) -> keras.Model:
    """Return the network called `name`.

    Args:
        name: str, a key of `FACTORIES`.
        channels: int, channels of the image.
        classes: int, classes with the background.
        arguments: further arguments of the factory.

    Returns:
        A Keras model from (batch, z, y, x, channels) to logits.

    Raises:
        ValueError: if there is no such network.

    Example:
        >>> build("unet", 1, 2, {"depth": 2, "filters": 2}).name
        'unet'
    """
    if name not in FACTORIES:
        raise ValueError(f"`name` must be one of {sorted(FACTORIES)}. Received: name={name!r}.")
    return FACTORIES[name](channels, classes, **arguments)
