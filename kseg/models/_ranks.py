"""The layers of each number of spatial dimensions."""

from dataclasses import dataclass

import keras
from keras import layers

from kseg.layers import (
    Conv2DBlock,
    Conv3DBlock,
    Deconv2DBlock,
    DeconvBlock,
    Pool2DBlock,
    Pool3DBlock,
    Residual2DBlock,
    Residual3DBlock,
)

# Networks hold their channels last whatever Keras' own setting, as `thin_labels` and losses do.
DATA_FORMAT = "channels_last"


@dataclass(frozen=True)
class Rank:
    """Classes of layers for images of one number of spatial dimensions."""

    convolution: type[layers.Layer]
    conv_block: type[layers.Layer]
    deconv_block: type[layers.Layer]
    pool_block: type[layers.Layer]
    residual_block: type[layers.Layer]


RANKS = {
    2: Rank(layers.Conv2D, Conv2DBlock, Deconv2DBlock, Pool2DBlock, Residual2DBlock),
    3: Rank(layers.Conv3D, Conv3DBlock, DeconvBlock, Pool3DBlock, Residual3DBlock),
}


def rank_of(dimensions: int) -> Rank:
    """Return the layers for images of 2 or 3 spatial dimensions."""
    if dimensions not in RANKS:
        raise ValueError(f"`dimensions` must be 2 or 3. Received: dimensions={dimensions}.")
    return RANKS[dimensions]


def unshared(thing):
    """Return an initialiser or regulariser in a form of which each layer makes its own.

    One initialiser object in several layers would draw the same numbers in each.
    """
    if isinstance(thing, keras.initializers.Initializer):
        return keras.initializers.serialize(thing)
    return thing


def logits(features, classes: int, name: str, enlarge=None, **initializers):
    """Return float32 logits: losses and blending need more digits than half precision has.

    The convolution itself works in float32 too. A CPU adds the gradient of a bias up in the type of
    its features, and a sum over all voxels in bfloat16 comes out a hundred times too small.

    Args:
        features: Keras tensor.
        classes: int, classes with the background.
        name: str, name of the convolution and start of the other layers' names.
        enlarge: ints, factor by which each axis of the logits grows, or None.
        **initializers: `kernel_initializer` and `bias_initializer`.
    """
    rank = rank_of(len(features.shape) - 2)
    common = {"data_format": DATA_FORMAT, "dtype": "float32", **initializers}
    x = rank.convolution(classes, 1, name=name, **common)(features)
    if enlarge is not None:
        x = rank.deconv_block(classes, strides=enlarge, name=f"{name}_enlarge", **common)(x)
    return layers.Activation("linear", dtype="float32", name=f"{name}_logits")(x)
