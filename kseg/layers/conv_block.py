"""Convolution, dropout, bias, normalisation and activation of a volume or an image as one layer."""

import keras
from keras import layers, ops

from kseg.layers._arguments import build_chain, standardize_sizes
from kseg.layers._block import Block, add_bias

PADDINGS = ("same", "symmetric")
_CONVOLUTIONS = {2: layers.Conv2D, 3: layers.Conv3D}


class _ConvBlock(Block):
    """Convolve, drop out, add a bias, normalise and activate, in this order, in `rank` axes."""

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, ...] = 3,
        *,
        strides: int | tuple[int, ...] = 1,
        padding: str = "same",
        norm: str | None = "instance",
        groups: int = 8,
        norm_momentum: float = 0.99,
        activation="leaky_relu",
        dropout: float = 0.0,
        use_bias: bool | None = None,
        data_format: str | None = None,
        kernel_initializer="he_normal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        **kwargs,
    ):
        super().__init__(
            filters, strides=strides, norm=norm, groups=groups, norm_momentum=norm_momentum,
            activation=activation, data_format=data_format, **kwargs,
        )  # fmt: skip
        self.kernel_size = standardize_sizes(kernel_size, self.rank, "kernel_size")
        if padding not in PADDINGS:
            raise ValueError(f"`padding` must be one of {PADDINGS}. Received: padding={padding!r}.")
        if not 0 <= dropout <= 1:
            raise ValueError(f"`dropout` must be from 0 to 1. Received: dropout={dropout}.")
        self.padding = padding
        self.dropout = dropout
        self.use_bias = use_bias
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.convolution = _CONVOLUTIONS[self.rank](
            self.filters,
            self.kernel_size,
            strides=self.strides,
            padding="valid" if self._pads_by_itself() else "same",
            data_format=self.data_format,
            use_bias=False,
            kernel_initializer=kernel_initializer,
            kernel_regularizer=kernel_regularizer,
            name="convolution",
            **self._common,
        )
        self.dropping = None
        if dropout:
            self.dropping = layers.Dropout(dropout, name="dropout", **self._common)
        self._add_norm_and_activation()

    @property
    def _convolving(self):
        return self.convolution

    def _pads_by_itself(self) -> bool:
        # Where Keras' "same" puts the same zeros, it does so without a copy of the input.
        sizes = zip(self.kernel_size, self.strides, strict=True)
        alike = all(kernel % 2 and 1 in (kernel, stride) for kernel, stride in sizes)
        return self.padding == "symmetric" and not alike

    def _is_thinner_than_its_kernel(self, inputs) -> bool:
        """Return whether the kernel spans more slices than there are, in bfloat16."""
        slices = inputs.shape[1 if self.data_format == "channels_last" else 2]
        return (
            self.rank == 3
            and keras.config.backend() == "tensorflow"
            and self.compute_dtype == "bfloat16"
            and max(self.strides) == 1
            and all(size % 2 for size in self.kernel_size)
            and slices is not None
            and 1 < slices < self.kernel_size[0]
        )

    def _border(self) -> list[tuple[int, int]]:
        """Return the zeros before and after each axis of a batch."""
        none = (0, 0)
        spatial = [(kernel // 2,) * 2 for kernel in self.kernel_size]
        if self.data_format == "channels_last":
            return [none, *spatial, none]
        return [none, none, *spatial]

    def _padded_shape(self, input_shape) -> tuple:
        if not self._pads_by_itself():
            return tuple(input_shape)
        sizes = zip(input_shape, self._border(), strict=True)
        return tuple(None if size is None else size + sum(zeros) for size, zeros in sizes)

    def build(self, input_shape):
        """Build the convolution, the bias and the normalisation."""
        self._check_rank(input_shape)
        shape = build_chain([self.convolution, self.dropping], self._padded_shape(input_shape))
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
        if self._is_thinner_than_its_kernel(inputs):
            # TensorFlow's kernel for this gradient in bfloat16 on a CPU reads memory that nobody
            # wrote where it has to think of zeros on both sides of a voxel, and gives other
            # numbers each time, or none. With the zeros in place it does not.
            x = ops.conv(
                ops.pad(inputs, self._border()),
                self.convolution.kernel,
                padding="valid",
                data_format=self.data_format,
            )
        else:
            x = ops.pad(inputs, self._border()) if self._pads_by_itself() else inputs
            x = self.convolution(x)
        if self.dropping is not None:
            x = self.dropping(x, training=training)
        if self.bias is not None:
            x = add_bias(x, self.bias, self.data_format)
        return self._normalize_and_activate(x, training)

    def compute_output_shape(self, input_shape):
        """Return the shape of the convolution's output."""
        return self.convolution.compute_output_shape(self._padded_shape(input_shape))

    def get_config(self):
        """Return the arguments that make an equal block."""
        return {
            **super().get_config(),
            "padding": self.padding,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }


@keras.saving.register_keras_serializable("kseg")
class Conv3DBlock(_ConvBlock):
    """Convolve a volume, then drop out, add a bias, normalise and activate, in this order.

    The defaults are today's block (convolution, instance norm, leaky ReLU of slope 0.01). With
    `norm="batch", activation="relu", use_bias=True, dropout=0.2` it is the block of older
    deeply supervised networks, in which the bias comes after the dropout.

    Args:
        filters: int, output channels.
        kernel_size: int or 3 ints (z, y, x), extent of the kernel in voxels.
        strides: int or 3 ints (z, y, x), factor by which each axis shrinks.
        padding: `"same"`, as many zeros as the size needs, the odd one behind; or `"symmetric"`,
            `kernel_size // 2` zeros on both sides, which is where torch and nnU-Net look. The two
            differ for strides above 1 on even sizes, and for even kernels.
        norm: `"instance"`, `"batch"`, `"group"`, `"layer"` (all channels and voxels of a sample
            together, scale and offset per channel: group norm with one group) or `"none"`.
        groups: int, groups of channels for `norm="group"`; it must divide `filters`.
        norm_momentum: float from 0 to below 1, share of the running statistics of `norm="batch"`
            that each training step leaves as it was; near 1 they lag behind fast training.
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
        (batch, ceil(z / strides), ceil(y / strides), ceil(x / strides), filters); with symmetric
        zeros an even kernel gives floor(z / strides) + 1.

    Raises:
        ValueError: if an argument is out of its range.

    Example:
        >>> import numpy as np
        >>> tuple(Conv3DBlock(8, strides=(1, 2, 2))(np.zeros((1, 4, 8, 8, 2))).shape)
        (1, 4, 4, 4, 8)

    Reference:
        Isensee et al., nnU-Net, Nature Methods 2021, doi:10.1038/s41592-020-01008-z.
    """

    rank = 3


@keras.saving.register_keras_serializable("kseg")
class Conv2DBlock(_ConvBlock):
    """Convolve an image, then drop out, add a bias, normalise and activate, in this order.

    The twin of `Conv3DBlock` for slices and pictures, with the same arguments and the same order.

    Args:
        filters: int, output channels.
        kernel_size: int or 2 ints (y, x), extent of the kernel in pixels.
        strides: int or 2 ints (y, x), factor by which each axis shrinks.
        padding: `"same"`, as many zeros as the size needs, the odd one behind; or `"symmetric"`,
            `kernel_size // 2` zeros on both sides, which is where torch and nnU-Net look. The two
            differ for strides above 1 on even sizes, and for even kernels.
        norm: `"instance"`, `"batch"`, `"group"`, `"layer"` (all channels and pixels of a sample
            together, scale and offset per channel: group norm with one group) or `"none"`.
        groups: int, groups of channels for `norm="group"`; it must divide `filters`.
        norm_momentum: float from 0 to below 1, share of the running statistics of `norm="batch"`
            that each training step leaves as it was; near 1 they lag behind fast training.
        activation: `"leaky_relu"` (slope 0.01), another Keras activation, or None.
        dropout: float from 0 to 1, share of the convolution's outputs set to 0 in training.
        use_bias: bool, or None for "only where no normalisation takes the bias away again".
        data_format: `"channels_last"` or `"channels_first"`; None takes Keras' setting.
        kernel_initializer: Keras initialiser of the kernel.
        bias_initializer: Keras initialiser of the bias.
        kernel_regularizer: Keras regulariser of the kernel, or None.
        **kwargs: `name`, `dtype` and the other arguments of `keras.layers.Layer`.

    Input shape:
        (batch, y, x, channels)

    Output shape:
        (batch, ceil(y / strides), ceil(x / strides), filters); with symmetric zeros an even kernel
        gives floor(y / strides) + 1.

    Raises:
        ValueError: if an argument is out of its range.

    Example:
        >>> import numpy as np
        >>> tuple(Conv2DBlock(8, norm="group", groups=4)(np.zeros((1, 8, 8, 2))).shape)
        (1, 8, 8, 8)

    Reference:
        Isensee et al., nnU-Net, Nature Methods 2021, doi:10.1038/s41592-020-01008-z.
    """

    rank = 2
