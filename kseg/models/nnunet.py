"""nnU-Net's networks as arguments of `unet`."""

from collections.abc import Sequence

LEAKY_RELU_SLOPE = 0.01
# Kaiming's normal law for a leaky ReLU, over the inputs of a kernel, with no tails cut off.
KAIMING_NORMAL = {
    "class_name": "VarianceScaling",
    "config": {
        "scale": 2.0 / (1.0 + LEAKY_RELU_SLOPE**2),
        "mode": "fan_in",
        "distribution": "untruncated_normal",
    },
}


def nnunet_arguments(
    filters: Sequence[int],
    strides: Sequence | None = None,
    kernel_sizes: Sequence | None = None,
    *,
    dimensions: int = 3,
    convs_per_level: int | Sequence[int] = 2,
    decoder_convs_per_level: int | Sequence[int] = 2,
) -> dict[str, object]:
    """Return the arguments with which `unet` is nnU-Net's `PlainConvUNet`.

    Every convolution has a bias, then instance norm and a leaky ReLU of slope 0.01; strided ones
    sample the grid of PyTorch's padding; every level of the decoder has a head, of which the
    coarsest counts nothing in the loss. Numbers of parameters and, with the weights copied over,
    logits are those of the PyTorch network (`tests/outside/test_plain_conv_unet.py`).

    Args:
        filters: ints, channels of each level, full resolution first.
        strides: one int or tuple of ints (z, y, x) a level, the first of them 1; None halves all
            axes at each level.
        kernel_sizes: one int or tuple of ints (z, y, x) a level; None takes 3.
        dimensions: int, 2 or 3.
        convs_per_level: int or one int a level, convolutions on the way down.
        decoder_convs_per_level: int or one int for each level but the coarsest.

    Returns:
        Dict of plain values, which JSON can hold.

    Raises:
        ValueError: if there are fewer than two levels.

    Example:
        >>> from kseg.models import unet
        >>> arguments = nnunet_arguments((32, 64, 128, 256))
        >>> unet(1, 3, **arguments).count_params()
        5603177
        >>> [round(weight, 4) for weight in arguments["head_weights"]]
        [0.6667, 0.3333, 0.0]

    Reference:
        Isensee et al., nnU-Net, Nature Methods 2021, doi:10.1038/s41592-020-01008-z.
    """
    depth = len(filters)
    if depth < 2:
        raise ValueError(f"`filters` must have at least 2 levels. Received: filters={filters}.")
    heads = depth - 1
    # The coarsest head is there and is not trained, unless it is the only one.
    halves = [0.5**level for level in range(max(1, heads - 1))]
    weights = [half / sum(halves) for half in halves] + [0.0] * (heads > 1)
    return {
        "dimensions": dimensions,
        "depth": depth,
        "filters": list(filters),
        "convs_per_level": convs_per_level,
        "decoder_convs_per_level": decoder_convs_per_level,
        "kernel_sizes": kernel_sizes,
        "strides": strides,
        "padding": "symmetric",
        "norm": "instance",
        "activation": "leaky_relu",
        "use_bias": True,
        "kernel_initializer": KAIMING_NORMAL,
        "deep_supervision": heads - 1,
        "head_weights": weights if heads > 1 else None,
    }
