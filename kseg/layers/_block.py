"""What convolution and deconvolution blocks share, in any number of spatial axes."""

import keras
from keras import layers, ops

from kseg.layers._arguments import (
    channel_axis,
    make_activation,
    make_norm,
    serialize_activation,
    standardize_data_format,
    standardize_filters,
    standardize_momentum,
    standardize_sizes,
)


class Block(layers.Layer):
    """A convolution of some kind, followed by a normalisation and an activation.

    A child sets `rank`, makes its convolving layer in its own constructor, and calls
    `_add_norm_and_activation` last: Keras lists the weights of children in the order in which they
    were made, and model folders rely on it.
    """

    rank: int

    def __init__(
        self, filters, *, strides, norm, groups, norm_momentum, activation, data_format, **kwargs
    ):
        super().__init__(**kwargs)
        self.filters = standardize_filters(filters)
        self.strides = standardize_sizes(strides, self.rank, "strides")
        self.norm = norm
        self.groups = groups
        self.norm_momentum = standardize_momentum(norm_momentum)
        self.activation = activation
        self.data_format = standardize_data_format(data_format)

    @property
    def _convolving(self) -> layers.Layer:
        """The child that holds the kernel."""
        raise NotImplementedError

    @property
    def _common(self) -> dict:
        # Layers inside a layer do not inherit its dtype policy; it has to be handed on.
        return {"dtype": self.dtype_policy}

    def _add_norm_and_activation(self) -> None:
        self.normalization = make_norm(
            self.norm,
            self.data_format,
            groups=self.groups,
            momentum=self.norm_momentum,
            name="norm",
            **self._common,
        )
        if self.norm == "group" and self.filters % self.groups:
            raise ValueError(
                '`groups` must divide `filters` with norm="group". '
                f"Received: groups={self.groups}, filters={self.filters}."
            )
        self.activating = make_activation(self.activation, name="activation", **self._common)

    def _check_rank(self, input_shape) -> None:
        if len(input_shape) != self.rank + 2:
            raise ValueError(
                f"The input must have {self.rank} spatial axes, a batch and a channel axis. "
                f"Received: input_shape={tuple(input_shape)}."
            )

    def _normalize_and_activate(self, x, training):
        if self.norm == "batch":
            x = self.normalization(x, training=training)
        elif self.normalization is not None:
            x = self.normalization(x)
        return x if self.activating is None else self.activating(x)

    def get_config(self):
        """Return the arguments that make an equal block."""
        child = self._convolving
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "norm": self.norm,
            "groups": self.groups,
            "norm_momentum": self.norm_momentum,
            "activation": serialize_activation(self.activation),
            "data_format": self.data_format,
            "kernel_initializer": keras.initializers.serialize(child.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(child.kernel_regularizer),
        }


def add_bias(x, bias, data_format: str):
    """Add `bias` to each channel of `x`, with its true gradient in bfloat16.

    Keras adds a bias by an operation whose gradient TensorFlow sums up in bfloat16 on a CPU: over
    the voxels of a patch it comes out many times too small. A plain sum accumulates in float32
    there; JAX needs to be told, and fuses the casts into the sum.
    """
    shape = [1] * len(x.shape)
    shape[channel_axis(data_format)] = bias.shape[0]
    bias = ops.reshape(bias, shape)
    if keras.config.backend() == "jax":
        wide = keras.backend.result_type(x.dtype, "float32")
        return ops.cast(ops.cast(x, wide) + ops.cast(bias, wide), x.dtype)
    return x + ops.cast(bias, x.dtype)
