"""The U-Net of nnU-Net's kind, for volumes and images, from plain arguments."""

from collections.abc import Callable, Sequence

import keras

from kseg.models._ranks import logits, unshared
from kseg.models._topology import make_topology
from kseg.models._unet_body import Body
from kseg.models.deep_supervision import MAIN_HEAD, DeepSupervisionModel

# Layers whose weights belong to the labels; all others are the body, which other labels can reuse.
HEAD_PREFIX = "head_"
WORDS = {
    "downsample": ("stride", "max", "mean", "trainable"),
    "block": ("plain", "residual"),
    "heads": ("scaled", "full_size"),
}


def unet(
    channels: int,
    classes: int,
    *,
    dimensions: int = 3,
    depth: int = 5,
    filters: int | Sequence[int] = 16,
    max_filters: int = 320,
    convs_per_level: int | Sequence[int] = 2,
    decoder_convs_per_level: int | Sequence[int] | None = None,
    kernel_sizes: Sequence | None = None,
    strides: Sequence | None = None,
    downsample: str = "stride",
    block: str | Callable = "plain",
    attention: bool = False,
    squeeze_excitation: bool = False,
    padding: str = "same",
    fusion: str = "concat",
    norm: str = "instance",
    norm_momentum: float = 0.99,
    activation: str = "leaky_relu",
    dropout: float = 0.0,
    use_bias: bool | None = None,
    decoder_activation: str | None = None,
    kernel_initializer="he_normal",
    bias_initializer="zeros",
    kernel_regularizer=None,
    deep_supervision: int = 0,
    head_weights=None,
    heads: str = "scaled",
    name: str = "unet",
) -> keras.Model:
    """Return a U-Net that gives one logit a class and voxel.

    Each level has `convs_per_level` blocks; the first block of every level but the top shrinks the
    resolution by its stride, or pooling does so before it. The decoder enlarges by transposed
    convolutions and joins the encoder's features. Logits are float32 under any precision policy.

    Args:
        channels: int, channels of the image.
        classes: int, classes with the background.
        dimensions: int, 3 for volumes (z, y, x) or 2 for images (y, x).
        depth: int, number of resolution levels; a depth of 4 halves three times.
        filters: int, channels at full resolution, doubled at each level; or one int a level.
        max_filters: int, ceiling for that doubling.
        convs_per_level: int, convolution blocks of each level, on the way down and up; or one int
            a level. With `block="residual"`, residual blocks of two convolutions each.
        decoder_convs_per_level: int, or one int for each level but the coarsest, convolution
            blocks on the way up; None takes those of the way down.
        kernel_sizes: one int or tuple of ints (z, y, x) a level, kernels in voxels; None takes 3.
        strides: one int or tuple of ints (z, y, x) a level, the factor by which each axis shrinks
            on the way into the level, the first of them 1; None halves all axes at each level.
        downsample: `"stride"`, or `"max"`, `"mean"` or `"trainable"` pooling.
        block: `"plain"` or `"residual"`, blocks of the encoder; a residual one begins with a plain
            block of its own, the stem. Or the class of a layer (or a `functools.partial` of one)
            that takes `filters`, `kernel_size` and `strides`; of the other arguments of the blocks
            it gets those that it names. The decoder's blocks are always plain.
        attention: bool, whether gates weigh the encoder's features before they are joined.
        squeeze_excitation: bool, whether channels of the encoder's features are weighed.
        padding: `"same"`, or `"symmetric"` for the sampling grid of PyTorch and nnU-Net.
        fusion: `"concat"` or `"add"`, how the encoder's features are joined.
        norm: `"instance"`, `"batch"`, `"group"`, `"layer"` or `"none"`.
        norm_momentum: float from 0 to below 1, share of the running statistics of `norm="batch"`
            that each training step leaves as it was; near 1 they lag behind fast training.
        activation: str, activation of the blocks; `"leaky_relu"` has the slope 0.01.
        dropout: float from 0 to 1, dropout rate of the blocks.
        use_bias: bool, whether convolutions have a bias; None for "only where no norm follows".
        decoder_activation: str, activation after the transposed convolutions, or None.
        kernel_initializer: Keras initialiser of all kernels.
        bias_initializer: Keras initialiser of all biases.
        kernel_regularizer: Keras regulariser of all kernels but the heads', or None.
        deep_supervision: int, auxiliary heads, below `depth`, one for each coarser level.
        head_weights: floats, weight of each head in the loss, full resolution first; None gives
            1, 1/2, 1/4, … scaled to a sum of 1.
        heads: `"scaled"`, auxiliary heads at their level's resolution, learning from thinned
            labels; or `"full_size"`, brought to full resolution by a transposed convolution.
        name: str, name of the model.

    Input shape:
        (batch, z, y, x, channels), or (batch, y, x, channels); each axis must be a multiple of the
        product of its strides, which is 2 ** (depth - 1) unless `strides` are given.

    Output shape:
        (batch, z, y, x, classes), or (batch, y, x, classes)

    Returns:
        A `DeepSupervisionModel` if `deep_supervision` is above 0, else a plain `keras.Model`.

    Raises:
        ValueError: if an argument is out of its range, or has not one entry a level.

    Example:
        >>> model = unet(1, 3, depth=3, filters=4, deep_supervision=1)
        >>> tuple(model(keras.ops.zeros((1, 8, 8, 8, 1))).shape)
        (1, 8, 8, 8, 3)
        >>> flat = unet(1, 3, depth=3, filters=4, strides=[1, (1, 2, 2), 2])
        >>> tuple(flat(keras.ops.zeros((1, 2, 8, 8, 1))).shape)
        (1, 2, 8, 8, 3)

    Reference:
        Çiçek et al., 3D U-Net, MICCAI 2016, arXiv:1606.06650; Isensee et al., nnU-Net, Nature
        Methods 2021, doi:10.1038/s41592-020-01008-z; Oktay et al., Attention U-Net, 2018,
        arXiv:1804.03999.
    """
    _check_words(downsample=downsample, heads=heads)
    if not callable(block):
        _check_words(block=block)
    topology = make_topology(
        dimensions,
        depth,
        filters=filters,
        max_filters=max_filters,
        convs_per_level=convs_per_level,
        decoder_convs_per_level=decoder_convs_per_level,
        kernel_sizes=kernel_sizes,
        strides=strides,
    )
    if padding == "symmetric" and not all(size % 2 for size in sum(topology.kernels, ())):
        raise ValueError(
            '`kernel_sizes` must be odd with padding="symmetric", or features outgrow the image. '
            f"Received: kernel_sizes={kernel_sizes}."
        )
    if not 0 <= deep_supervision < depth:
        raise ValueError(
            "`deep_supervision` must be at least 0 and below `depth`. "
            f"Received: deep_supervision={deep_supervision}, depth={depth}."
        )
    initializers = {
        "kernel_initializer": unshared(kernel_initializer),
        "bias_initializer": unshared(bias_initializer),
    }
    kernels = {"kernel_regularizer": kernel_regularizer, **initializers}
    convolutions = {"padding": padding, "norm": norm, "norm_momentum": norm_momentum, **kernels}
    convolutions |= {"activation": activation, "dropout": dropout, "use_bias": use_bias}
    body = Body(
        topology,
        downsample,
        block,
        attention,
        squeeze_excitation,
        convolutions,
        {"fusion": fusion, "activation": decoder_activation, **kernels},
    )
    inputs = keras.Input((None,) * dimensions + (channels,), name="image")
    decoded = body.decode(body.encode(inputs))
    outputs = {}
    for level in range(deep_supervision + 1):
        enlarge = topology.factors[level] if level and heads == "full_size" else None
        outputs[f"aux_{level}" if level else MAIN_HEAD] = logits(
            decoded[level], classes, f"{HEAD_PREFIX}{level}", enlarge, **initializers
        )
    if deep_supervision:
        return DeepSupervisionModel(inputs, outputs, head_weights=head_weights, name=name)
    return keras.Model(inputs, outputs[MAIN_HEAD], name=name)


def _check_words(**words: str) -> None:
    for key, word in words.items():
        if word not in WORDS[key]:
            raise ValueError(f"`{key}` must be one of {WORDS[key]}. Received: {key}={word!r}.")
