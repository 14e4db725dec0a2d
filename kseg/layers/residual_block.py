"""Convolutions whose result is added to their own input."""

import keras
from keras import layers

from kseg.layers._arguments import (
    build_chain,
    channel_axis,
    is_positive_int,
    make_activation,
    serialize_activation,
    standardize_data_format,
    standardize_filters,
    standardize_sizes,
)
from kseg.layers.conv_block import Conv2DBlock, Conv3DBlock
from kseg.layers.pool_block import pool_windows
from kseg.layers.squeeze_excitation import SqueezeExcitation


class _ResidualBlock(layers.Layer):
    """What `Residual2DBlock` and `Residual3DBlock` share; they name the layers of their rank."""

    rank: int
    convolution: type[layers.Layer]

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, ...] = 3,
        *,
        strides: int | tuple[int, ...] = 1,
        convs: int = 2,
        padding: str = "same",
        norm: str | None = "instance",
        groups: int = 8,
        norm_momentum: float = 0.99,
        activation="leaky_relu",
        dropout: float = 0.0,
        squeeze_excitation: bool = False,
        use_bias: bool | None = None,
        data_format: str | None = None,
        kernel_initializer="he_normal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = standardize_filters(filters)
        self.kernel_size = standardize_sizes(kernel_size, self.rank, "kernel_size")
        self.strides = standardize_sizes(strides, self.rank, "strides")
        if not is_positive_int(convs):
            raise ValueError(f"`convs` must be a positive int. Received: convs={convs}.")
        if padding == "symmetric" and not all(size % 2 for size in self.kernel_size):
            raise ValueError(
                '`kernel_size` must be odd with padding="symmetric": only then has the sum two '
                f"terms of one size. Received: kernel_size={kernel_size}."
            )
        self.convs = convs
        self.padding = padding
        self.norm = norm
        self.groups = groups
        self.norm_momentum = norm_momentum
        self.activation = activation
        self.dropout = dropout
        self.squeeze_excitation = squeeze_excitation
        self.use_bias = use_bias
        self.data_format = standardize_data_format(data_format)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self._add_children()

    def _add_children(self) -> None:
        common = {"data_format": self.data_format, "dtype": self.dtype_policy}
        self.convolutions = [self._make_convolution(index) for index in range(self.convs)]
        self.scaling = (
            SqueezeExcitation(name="scale", **common) if self.squeeze_excitation else None
        )
        self.projection = None
        self.activating = make_activation(
            self.activation, name="activation", dtype=self.dtype_policy
        )

    def _make_convolution(self, index: int) -> layers.Layer:
        last = index == self.convs - 1
        return self.convolution(
            self.filters,
            self.kernel_size,
            strides=self.strides if index == 0 else 1,
            padding=self.padding,
            activation=None if last else self.activation,
            # As in nnU-Net, not right before the sum.
            dropout=0.0 if last and index > 0 else self.dropout,
            use_bias=self.use_bias,
            bias_initializer=keras.initializers.serialize(self.bias_initializer),
            name=f"convolution_{index + 1}",
            **self._shared_arguments(),
        )

    def _make_projection(self) -> layers.Layer:
        return self.convolution(
            self.filters,
            kernel_size=1,
            activation=None,
            use_bias=False,
            name="projection",
            **self._shared_arguments(),
        )

    def _shared_arguments(self) -> dict:
        return {
            "norm": self.norm,
            "groups": self.groups,
            "norm_momentum": self.norm_momentum,
            "data_format": self.data_format,
            # One object gives the same numbers twice: each kernel gets an initialiser of its own.
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": self.kernel_regularizer,
            # Layers inside a layer do not inherit its dtype policy; it has to be handed on.
            "dtype": self.dtype_policy,
        }

    def build(self, input_shape):
        """Build both ways, and a projection where the channels of the input are others."""
        build_chain([*self.convolutions, self.scaling, self.activating], input_shape)
        if input_shape[channel_axis(self.data_format)] != self.filters:
            self.projection = self._make_projection()
            self.projection.build(tuple(input_shape))
        super().build(input_shape)

    def call(self, inputs, training=None):
        """Return the block's features of `inputs`."""
        x = inputs
        for convolution in self.convolutions:
            x = convolution(x, training=training)
        if self.scaling is not None:
            x = self.scaling(x)
        shortcut = inputs
        if max(self.strides) > 1:
            # Where strides do not come out even, the mean is of what there is: no zeros.
            shortcut = pool_windows(inputs, "mean", self.strides, "same", self.data_format)
        if self.projection is not None:
            shortcut = self.projection(shortcut, training=training)
        x = x + shortcut
        return x if self.activating is None else self.activating(x)

    def compute_output_shape(self, input_shape):
        """Return the shape of the convolutions' output."""
        shape = tuple(input_shape)
        for convolution in self.convolutions:
            shape = convolution.compute_output_shape(shape)
        return shape

    def get_config(self):
        """Return the arguments that make an equal block."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "convs": self.convs,
            "padding": self.padding,
            "norm": self.norm,
            "groups": self.groups,
            "norm_momentum": self.norm_momentum,
            "activation": serialize_activation(self.activation),
            "dropout": self.dropout,
            "squeeze_excitation": self.squeeze_excitation,
            "use_bias": self.use_bias,
            "data_format": self.data_format,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }


@keras.saving.register_keras_serializable("kseg")
class Residual3DBlock(_ResidualBlock):
    """Convolve a volume several times, add the volume itself, then activate.

    Each convolution is followed by its normalisation, and each but the last by the activation.
    The shortcut is the input as it is; where the strides shrink it, its mean over windows of that
    size; where its channels are not `filters`, then mixed by a 1x1x1 convolution with
    normalisation. With the defaults it is the block of nnU-Net's residual encoder.

    Args:
        filters: int, output channels.
        kernel_size: int or 3 ints (z, y, x), extent of the kernels in voxels.
        strides: int or 3 ints (z, y, x), factor by which each axis shrinks; the first convolution
            does it.
        convs: int, number of convolutions.
        padding: `"same"` or `"symmetric"`, see `Conv3DBlock`; the latter wants odd kernels.
        norm: `"instance"`, `"batch"`, `"group"`, `"layer"` or `"none"`.
        groups: int, groups of channels of `norm="group"`.
        norm_momentum: float from 0 to below 1, share of the running statistics of `norm="batch"`
            that each training step leaves as it was; near 1 they lag behind fast training.
        activation: `"leaky_relu"` (slope 0.01), another Keras activation, or None.
        dropout: float from 0 to 1, share of outputs set to 0 in training, in each convolution but
            the last (or the only one).
        squeeze_excitation: bool, whether channels are weighted before the sum.
        use_bias: bool, or None for "only where no normalisation takes the bias away again"; the
            shortcut never has one.
        data_format: `"channels_last"` or `"channels_first"`; None takes Keras' setting.
        kernel_initializer: Keras initialiser of the kernels.
        bias_initializer: Keras initialiser of the biases.
        kernel_regularizer: Keras regulariser of the kernels, or None.
        **kwargs: `name`, `dtype` and the other arguments of `keras.layers.Layer`.

    Input shape:
        (batch, z, y, x, channels)

    Output shape:
        (batch, ceil(z / strides), ceil(y / strides), ceil(x / strides), filters)

    Raises:
        ValueError: if an argument is out of its range.

    Example:
        >>> import numpy as np
        >>> tuple(Residual3DBlock(8, strides=(1, 2, 2))(np.zeros((1, 4, 8, 8, 2))).shape)
        (1, 4, 4, 4, 8)

    Reference:
        He et al., Deep residual learning, CVPR 2016, arXiv:1512.03385; Isensee et al., nnU-Net
        revisited, MICCAI 2024, arXiv:2404.09556.
    """

    rank = 3
    convolution = Conv3DBlock


@keras.saving.register_keras_serializable("kseg")
class Residual2DBlock(_ResidualBlock):
    """Convolve an image several times, add the image itself, then activate.

    The twin of `Residual3DBlock`, which explains the arguments; `kernel_size` and `strides` are
    one int or 2 (y, x).

    Input shape:
        (batch, y, x, channels)

    Output shape:
        (batch, ceil(y / strides), ceil(x / strides), filters)

    Example:
        >>> import numpy as np
        >>> tuple(Residual2DBlock(8, strides=2)(np.zeros((1, 9, 8, 2))).shape)
        (1, 5, 4, 8)

    Reference:
        He et al., Deep residual learning, CVPR 2016, arXiv:1512.03385.
    """

    rank = 2
    convolution = Conv2DBlock
