"""Checks and small factories that the blocks of this room share."""

from collections.abc import Callable

import keras
from keras import layers

from kseg.layers.instance_normalization import InstanceNormalization

# nnU-Net and most of the field use 0.01; Keras' own defaults are 0.3 (layer) and 0.2 (function).
LEAKY_RELU_SLOPE = 0.01


def standardize_triple(value: int | tuple[int, ...] | list[int], name: str) -> tuple[int, int, int]:
    """Return `value` as three positive ints (z, y, x)."""
    triple = (value,) * 3 if isinstance(value, int) else tuple(value)
    if len(triple) != 3 or not all(isinstance(size, int) and size > 0 for size in triple):
        raise ValueError(f"`{name}` must be a positive int or 3 of them. Received: {name}={value}.")
    return triple


def standardize_filters(filters: int) -> int:
    """Return `filters`, which must be a positive int."""
    if isinstance(filters, bool) or not isinstance(filters, int) or filters < 1:
        raise ValueError(f"`filters` must be a positive int. Received: filters={filters}.")
    return filters


def channel_axis(data_format: str) -> int:
    """Return the axis that holds the channels of a batch."""
    return -1 if data_format == "channels_last" else 1


def make_norm(norm: str | None, data_format: str, **common) -> layers.Layer | None:
    """Return the normalisation layer called `norm`, or None."""
    if norm in (None, "none"):
        return None
    if norm == "instance":
        return InstanceNormalization(axis=channel_axis(data_format), **common)
    if norm == "batch":
        return layers.BatchNormalization(axis=channel_axis(data_format), **common)
    raise ValueError(f'`norm` must be "instance", "batch" or "none". Received: norm={norm!r}.')


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
