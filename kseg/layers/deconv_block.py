"""Transposed convolution that enlarges features and joins them with the encoder's."""

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

FUSIONS = ("concat", "add")


@keras.saving.register_keras_serializable("kseg")
class DeconvBlock(layers.Layer):
    """Enlarge a volume by a transposed convolution, then join the encoder features of that size.

    The kernel is as large as the stride, so that no output voxel gets more terms than another and
    no checkerboard appears. Called with one tensor, the block only enlarges.

    Args:
        filters: int, channels of the enlarged features, before the skip is joined.
        strides: int or 3 ints (z, y, x), factor by which each axis grows.
        fusion: `"concat"` or `"add"`, how the skip is joined.
        norm: `"instance"`, `"batch"` or `"none"`, applied before joining.
        activation: a Keras activation applied before joining, or None.
        use_bias: bool, whether the transposed convolution adds a bias.
        data_format: `"channels_last"` or `"channels_first"`; None takes Keras' setting.
        kernel_initializer: Keras initialiser of the kernel.
        bias_initializer: Keras initialiser of the bias.
        kernel_regularizer: Keras regulariser of the kernel, or None.
        **kwargs: `name`, `dtype` and the other arguments of `keras.layers.Layer`.

    Input shape:
        (batch, z, y, x, channels), or that and a skip
        (batch, z * strides, y * strides, x * strides, skip_channels).

    Output shape:
        (batch, z * strides, y * strides, x * strides, filters + skip_channels) for `"concat"`,
        `filters` channels for `"add"` or without a skip.

    Raises:
        ValueError: if the skip's spatial shape is not `strides` times the input's, or with
            `"add"` its channels are not `filters`.

    Example:
        >>> import numpy as np
        >>> x, skip = np.zeros((1, 4, 4, 4, 64)), np.zeros((1, 8, 8, 8, 32))
        >>> DeconvBlock(32)([x, skip]).shape
        TensorShape([1, 8, 8, 8, 64])

    Reference:
        Çiçek et al., 3D U-Net, MICCAI 2016, arXiv:1606.06650, section 2.
    """

    def __init__(
        self,
        filters: int,
        *,
        strides: int | tuple[int, int, int] = 2,
        fusion: str = "concat",
        norm: str | None = "none",
        activation=None,
        use_bias: bool = True,
        data_format: str | None = None,
        kernel_initializer="he_normal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = standardize_filters(filters)
        self.strides = standardize_triple(strides, "strides")
        if fusion not in FUSIONS:
            raise ValueError(f"`fusion` must be one of {FUSIONS}. Received: fusion={fusion!r}.")
        self.fusion = fusion
        self.norm = norm
        self.activation = activation
        self.data_format = keras.config.image_data_format() if data_format is None else data_format
        common = {"dtype": self.dtype_policy}
        self.deconvolution = _Deconvolution(
            self.filters,
            self.strides,
            strides=self.strides,
            padding="valid",
            data_format=self.data_format,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            name="deconvolution",
            **common,
        )
        self.normalization = make_norm(norm, self.data_format, name="norm", **common)
        self.activating = make_activation(activation, name="activation", **common)

    def build(self, input_shape):
        """Build the transposed convolution and the normalisation."""
        low, _ = _split_shapes(input_shape)
        build_chain([self.deconvolution, self.normalization, self.activating], low)
        self.compute_output_shape(input_shape)
        super().build(input_shape)

    def call(self, inputs, training=None):
        """Return the enlarged features, joined with the skip if one is given."""
        low, skip = inputs if isinstance(inputs, list | tuple) else (inputs, None)
        if skip is not None:
            # In a model of free size, sizes are known here at the earliest. Adding would broadcast.
            self.compute_output_shape([tuple(low.shape), tuple(skip.shape)])
        x = self.deconvolution(low)
        if self.normalization is not None:
            x = self.normalization(x, training=training) if self.norm == "batch" else (
                self.normalization(x)
            )  # fmt: skip
        if self.activating is not None:
            x = self.activating(x)
        if skip is None:
            return x
        if self.fusion == "add":
            return x + skip
        return ops.concatenate([x, ops.cast(skip, x.dtype)], axis=channel_axis(self.data_format))

    def compute_output_shape(self, input_shape):
        """Return the shape of the joined features; refuse a skip that does not fit."""
        low, skip = _split_shapes(input_shape)
        output = list(self.deconvolution.compute_output_shape(low))
        if skip is None:
            return tuple(output)
        axis = channel_axis(self.data_format) % 5
        spatial = [dim for dim in range(1, 5) if dim != axis]
        if any(None not in (output[d], skip[d]) and output[d] != skip[d] for d in spatial):
            raise ValueError(
                "The skip must be `strides` times as large as the input. "
                f"Received: strides={self.strides}, input shape {low}, skip shape {skip}."
            )
        if self.fusion == "concat":
            output[axis] += skip[axis]
        elif output[axis] != skip[axis]:
            raise ValueError(
                f'With fusion="add" the skip must have `filters` channels. '
                f"Received: filters={self.filters}, skip shape {skip}."
            )
        return tuple(output)

    def get_config(self):
        """Return the arguments that make an equal block."""
        deconvolution = self.deconvolution
        return {
            **super().get_config(),
            "filters": self.filters,
            "strides": self.strides,
            "fusion": self.fusion,
            "norm": self.norm,
            "activation": serialize_activation(self.activation),
            "use_bias": deconvolution.use_bias,
            "data_format": self.data_format,
            "kernel_initializer": keras.initializers.serialize(deconvolution.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(deconvolution.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(deconvolution.kernel_regularizer),
        }


class _Deconvolution(layers.Conv3DTranspose):
    """A transposed convolution whose bias gets its true gradient in bfloat16.

    Keras adds a bias by an operation whose gradient TensorFlow sums up in bfloat16 on a CPU: over
    the voxels of a patch it comes out many times too small. A plain sum accumulates in float32.
    """

    def call(self, inputs):
        """Return the enlarged features."""
        x = ops.conv_transpose(
            inputs,
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
        )
        if not self.use_bias:
            return x
        shape = [1] * 5
        shape[channel_axis(self.data_format)] = self.filters
        return x + ops.reshape(self.bias, shape)


def _split_shapes(input_shape) -> tuple[tuple, tuple | None]:
    """Return the shapes of the low-resolution input and of the skip, if there is one."""
    if isinstance(input_shape[0], list | tuple):
        low, skip = input_shape
        return tuple(low), tuple(skip)
    return tuple(input_shape), None
