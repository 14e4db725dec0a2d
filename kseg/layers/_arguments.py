"""Checks and small factories that the blocks of this room share."""

from collections.abc import Callable

import keras
from keras import layers

from kseg.layers.group_normalization import GroupNormalization
from kseg.layers.instance_normalization import InstanceNormalization

# nnU-Net and most of the field use 0.01; Keras' own defaults are 0.3 (layer) and 0.2 (function).
LEAKY_RELU_SLOPE = 0.01
DATA_FORMATS = ("channels_last", "channels_first")
NORMS = ("instance", "batch", "group", "layer", "none")


def is_positive_int(value) -> bool:
    """Return whether `value` is an int above 0; True is no number here."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def standardize_sizes(
    value: int | tuple[int, ...] | list[int], rank: int, name: str
) -> tuple[int, ...]:
    """Return `value` as `rank` positive ints, one a spatial axis: (z, y, x) or (y, x)."""
    sizes = tuple(value) if isinstance(value, tuple | list) else (value,) * rank
    if len(sizes) != rank or not all(map(is_positive_int, sizes)):
        raise ValueError(
            f"`{name}` must be a positive int or {rank} of them. Received: {name}={value}."
        )
    return sizes


def standardize_filters(filters: int) -> int:
    """Return `filters`, which must be a positive int."""
    if not is_positive_int(filters):
        raise ValueError(f"`filters` must be a positive int. Received: filters={filters}.")
    return filters


def standardize_momentum(norm_momentum: float) -> float:
    """Return `norm_momentum`, a share of what is remembered."""
    is_number = isinstance(norm_momentum, int | float) and not isinstance(norm_momentum, bool)
    if not is_number or not 0 <= norm_momentum < 1:
        raise ValueError(
            "`norm_momentum` must be a number from 0 to below 1. "
            f"Received: norm_momentum={norm_momentum!r}."
        )
    return norm_momentum


def standardize_data_format(data_format: str | None) -> str:
    """Return `data_format`, or Keras' setting for None."""
    if data_format is None:
        return keras.config.image_data_format()
    if data_format not in DATA_FORMATS:
        raise ValueError(
            f"`data_format` must be one of {DATA_FORMATS}. Received: data_format={data_format!r}."
        )
    return data_format


def channel_axis(data_format: str) -> int:
    """Return the axis that holds the channels of a batch."""
    return -1 if data_format == "channels_last" else 1


def make_norm(
    norm: str | None, data_format: str, *, groups: int = 8, momentum: float = 0.99, **common
) -> layers.Layer | None:
    """Return the normalisation layer called `norm`, or None.

    `groups` is for `"group"` alone, `momentum` for `"batch"`.
    """
    common["axis"] = channel_axis(data_format)
    if norm in (None, "none"):
        return None
    if norm == "instance":
        return InstanceNormalization(**common)
    if norm == "batch":
        return layers.BatchNormalization(momentum=momentum, **common)
    if norm == "group":
        return GroupNormalization(groups, **common)
    if norm == "layer":
        return GroupNormalization(1, **common)
    raise ValueError(f"`norm` must be one of {NORMS}. Received: norm={norm!r}.")


def make_activation(activation: str | Callable | None, **common) -> layers.Layer | None:
    """Return the activation as a layer; `"leaky_relu"` has the slope 0.01."""
    if activation is None:
        return None
    if activation == "leaky_relu":
        return layers.LeakyReLU(negative_slope=LEAKY_RELU_SLOPE, **common)
    return layers.Activation(activation, **common)


def build_chain(children: list[layers.Layer | None], input_shape: tuple) -> tuple:
    """Build each child on the output shape of the one before; return the last output shape."""
    shape = tuple(input_shape)
    for child in children:
        if child is not None:
            child.build(shape)
            shape = child.compute_output_shape(shape)
    return shape


def serialize_activation(activation: str | Callable | None):
    """Return what `get_config` stores for an activation."""
    if activation is None or isinstance(activation, str):
        return activation
    return keras.activations.serialize(activation)
