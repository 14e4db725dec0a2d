"""Convolution, dropout, bias, normalisation and activation of a volume as one layer."""

import keras
from keras import layers, ops

from kseg.layers._arguments import (
    build_chain,
    channel_axis,
    make_activation,
    make_norm,
    serialize_activation,
    standardize_filters,
    standardize_triple,
)


@keras.saving.register_keras_serializable("kseg")
class Conv3DBlock(layers.Layer):
    """Convolve a volume, then drop out, add a bias, normalise and activate, in this order.

    The defaults are today's block (convolution, instance norm, leaky ReLU of slope 0.01). With
    `norm="batch", activation="relu", use_bias=True, dropout=0.2` it is the block of older
    deeply supervised networks, in which the bias comes after the dropout.

    Args:
        filters: int, output channels.
        kernel_size: int or 3 ints (z, y, x), extent of the kernel in voxels.
        strides: int or 3 ints (z, y, x), factor by which each axis shrinks.
        norm: `"instance"`, `"batch"` or `"none"`.
        activation: `"leaky_relu"` (slope 0.01), another Keras activation, or None.
        dropout: float from 0 to 1, share of the convolution's outputs set to 0 in training.
        use_bias: bool, or None for "only where no normalisation takes the bias away again".
        data_format: `"channels_last"` or `"channels_first"`; None takes Keras' setting.
        kernel_initializer: Keras initialiser of the kernel.
        bias_initializer: Keras initialiser of the bias.
        kernel_regularizer: Keras regulariser of the kernel, or None.
        **kwargs: `name`, `dtype` and the other arguments of `keras.layers.Layer`.

    Input shape:
        (batch, z, y, x, channels)

    Output shape:
        (batch, ceil(z / strides), ceil(y / strides), ceil(x / strides), filters)

    Raises:
        ValueError: if an argument is out of its range.

    Example:
        >>> import numpy as np
        >>> Conv3DBlock(8, strides=(1, 2, 2))(np.zeros((1, 4, 8, 8, 2))).shape
        TensorShape([1, 4, 4, 4, 8])

    Reference:
        Isensee et al., nnU-Net, Nature Methods 2021, doi:10.1038/s41592-020-01008-z.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int, int] = 3,
        *,
        strides: int | tuple[int, int, int] = 1,
        norm: str | None = "instance",
        activation="leaky_relu",
        dropout: float = 0.0,
        use_bias: bool | None = None,
        data_format: str | None = None,
        kernel_initializer="he_normal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = standardize_filters(filters)
        self.kernel_size = standardize_triple(kernel_size, "kernel_size")
        self.strides = standardize_triple(strides, "strides")
        self.norm = norm
        self.activation = activation
        self.dropout = dropout
        self.use_bias = use_bias
        self.data_format = keras.config.image_data_format() if data_format is None else data_format
        self.bias_initializer = keras.initializers.get(bias_initializer)
        # Layers inside a layer do not inherit its dtype policy; it has to be handed on.
        common = {"dtype": self.dtype_policy}
        self.convolution = layers.Conv3D(
            self.filters,
            self.kernel_size,
            strides=self.strides,
            padding="same",
            data_format=self.data_format,
            use_bias=False,
            kernel_initializer=kernel_initializer,
            kernel_regularizer=kernel_regularizer,
            name="convolution",
            **common,
        )
        self.dropping = layers.Dropout(dropout, name="dropout", **common) if dropout else None
        self.normalization = make_norm(norm, self.data_format, name="norm", **common)
        self.activating = make_activation(activation, name="activation", **common)

    def build(self, input_shape):
        """Build the convolution, the bias and the normalisation."""
        shape = build_chain([self.convolution, self.dropping], input_shape)
        wants_bias = self.normalization is None if self.use_bias is None else self.use_bias
        self.bias = None
        if wants_bias:
            self.bias = self.add_weight(
                shape=(self.filters,), initializer=self.bias_initializer, name="bias"
            )
        build_chain([self.normalization, self.activating], shape)
        super().build(input_shape)

    def call(self, inputs, training=None):
        """Return the block's features of `inputs`."""
        x = self.convolution(inputs)
        if self.dropping is not None:
            x = self.dropping(x, training=training)
        if self.bias is not None:
            shape = [1] * 5
            shape[channel_axis(self.data_format)] = self.filters
            x = x + ops.cast(ops.reshape(self.bias, shape), x.dtype)
        if self.normalization is not None:
            x = self.normalization(x, training=training) if self.norm == "batch" else (
                self.normalization(x)
            )  # fmt: skip
        return x if self.activating is None else self.activating(x)

    def compute_output_shape(self, input_shape):
        """Return the shape of the convolution's output."""
        return self.convolution.compute_output_shape(input_shape)

    def get_config(self):
        """Return the arguments that make an equal block."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "norm": self.norm,
            "activation": serialize_activation(self.activation),
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "data_format": self.data_format,
            "kernel_initializer": keras.initializers.serialize(self.convolution.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.convolution.kernel_regularizer),
        }
