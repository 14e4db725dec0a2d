"""A small network without any pooling."""

import keras
from keras import layers

from kseg_example.layers import DilatedBlock


def tiny_net(channels, classes, *, width=8, blocks=2, dilations=(1, 2, 4), name="tiny_net"):
    """Return a network of dilated blocks at full resolution.

    Args:
        channels: int, channels of the image.
        classes: int, classes with the background.
        width: int, channels of each block.
        blocks: int, blocks in a row.
        dilations: sequence of ints, see `DilatedBlock`.
        name: str, name of the model.

    Returns:
        A Keras model from (batch, z, y, x, channels) to float32 logits (batch, z, y, x, classes).
    """
    inputs = keras.Input((None, None, None, channels), name="image")
    x = inputs
    for index in range(blocks):
        # A name of its own for each layer: a model folder stores weights by these names.
        x = DilatedBlock(width, dilations=dilations, name=f"block_{index}")(x)
    logits = layers.Conv3D(classes, 1, dtype="float32", name="head_0")(x)
    return keras.Model(inputs, logits, name=name)
