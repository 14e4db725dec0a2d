"""The U-Net of nnU-Net's kind, for volumes, from plain arguments."""

import keras
from keras import layers

from kseg.layers import Conv3DBlock, DeconvBlock
from kseg.models.deep_supervision import MAIN_HEAD, DeepSupervisionModel

# Layers whose weights belong to the labels; all others are the body, which other labels can reuse.
HEAD_PREFIX = "head_"
# Far beyond what any image can be halved, or any network was trained with.
MOST_LEVELS, MOST_CONVS = 16, 16


def unet(
    channels: int,
    classes: int,
    *,
    depth: int = 5,
    filters: int = 16,
    max_filters: int = 320,
    convs_per_level: int = 2,
    norm: str = "instance",
    activation: str = "leaky_relu",
    dropout: float = 0.0,
    deep_supervision: int = 0,
    head_weights=None,
    kernel_regularizer=None,
    name: str = "unet",
) -> keras.Model:
    """Return a 3-D U-Net that gives one logit a class and voxel.

    Each level has `convs_per_level` blocks; the first block of every level but the top halves the
    resolution by its stride. The decoder enlarges by transposed convolutions and joins the
    encoder's features. Logits are float32 under any precision policy.

    Args:
        channels: int, channels of the image.
        classes: int, classes with the background.
        depth: int, number of resolution levels; a depth of 4 halves three times.
        filters: int, channels at full resolution, doubled at each level.
        max_filters: int, ceiling for that doubling.
        convs_per_level: int, convolution blocks of each level, on the way down and up.
        norm: `"instance"`, `"batch"` or `"none"`.
        activation: str, activation of the blocks; `"leaky_relu"` has the slope 0.01.
        dropout: float from 0 to 1, dropout rate of the blocks.
        deep_supervision: int, auxiliary heads, below `depth`: heads at 1/2, 1/4, … resolution.
        head_weights: floats, weight of each head in the loss, full resolution first; None gives
            1, 1/2, 1/4, … scaled to a sum of 1.
        kernel_regularizer: Keras regulariser of all kernels but the heads', or None.
        name: str, name of the model.

    Input shape:
        (batch, z, y, x, channels); z, y and x must be multiples of 2 ** (depth - 1).

    Output shape:
        (batch, z, y, x, classes)

    Returns:
        A `DeepSupervisionModel` if `deep_supervision` is above 0, else a plain `keras.Model`.

    Raises:
        ValueError: if `depth`, `convs_per_level` or `deep_supervision` is out of range.

    Example:
        >>> model = unet(1, 3, depth=3, filters=4, deep_supervision=1)
        >>> model(keras.ops.zeros((1, 8, 8, 8, 1))).shape
        TensorShape([1, 8, 8, 8, 3])

    Reference:
        Çiçek et al., 3D U-Net, MICCAI 2016, arXiv:1606.06650; Isensee et al., nnU-Net, Nature
        Methods 2021, doi:10.1038/s41592-020-01008-z.
    """
    # A model folder from a stranger must not keep the machine busy for ever.
    if not 2 <= depth <= MOST_LEVELS:
        raise ValueError(f"`depth` must be from 2 to {MOST_LEVELS}. Received: depth={depth}.")
    if not 1 <= convs_per_level <= MOST_CONVS:
        raise ValueError(
            f"`convs_per_level` must be from 1 to {MOST_CONVS}. "
            f"Received: convs_per_level={convs_per_level}."
        )
    if not 0 <= deep_supervision < depth:
        raise ValueError(
            "`deep_supervision` must be at least 0 and below `depth`. "
            f"Received: deep_supervision={deep_supervision}, depth={depth}."
        )
    widths = [min(filters * 2**level, max_filters) for level in range(depth)]
    common = {
        "norm": norm,
        "activation": activation,
        "dropout": dropout,
        "kernel_regularizer": kernel_regularizer,
    }
    inputs = keras.Input((None, None, None, channels), name="image")
    features = _encode(inputs, widths, convs_per_level, common)
    decoded = _decode(features, widths, convs_per_level, common)
    outputs = {MAIN_HEAD: _head(decoded[0], classes, f"{HEAD_PREFIX}0")}
    for level in range(1, deep_supervision + 1):
        outputs[f"aux_{level}"] = _head(decoded[level], classes, f"{HEAD_PREFIX}{level}")
    if deep_supervision:
        return DeepSupervisionModel(inputs, outputs, head_weights=head_weights, name=name)
    return keras.Model(inputs, outputs[MAIN_HEAD], name=name)


def _encode(x, widths: list[int], convs: int, common: dict) -> list:
    """Return the features of each level, full resolution first."""
    features = []
    for level, width in enumerate(widths):
        for index in range(convs):
            strides = 2 if level and index == 0 else 1
            x = Conv3DBlock(width, strides=strides, name=f"down_{level}_{index}", **common)(x)
        features.append(x)
    return features


def _decode(features: list, widths: list[int], convs: int, common: dict) -> list:
    """Return the decoded features of each level, full resolution first."""
    regularizer = common["kernel_regularizer"]
    decoded = [features[-1]]
    for level in reversed(range(len(features) - 1)):
        x = DeconvBlock(widths[level], kernel_regularizer=regularizer, name=f"enlarge_{level}")(
            [decoded[0], features[level]]
        )
        for index in range(convs):
            x = Conv3DBlock(widths[level], name=f"up_{level}_{index}", **common)(x)
        decoded.insert(0, x)
    return decoded


def _head(features, classes: int, name: str):
    """Return float32 logits: losses and blending need more digits than half precision has.

    The convolution itself works in float32 too. A CPU adds the gradient of a bias up in the type of
    its features, and a sum over all voxels in bfloat16 comes out a hundred times too small.
    """
    head = layers.Conv3D(classes, 1, kernel_initializer="he_normal", dtype="float32", name=name)
    return layers.Activation("linear", dtype="float32", name=f"{name}_logits")(head(features))
