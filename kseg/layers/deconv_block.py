"""Transposed convolution that enlarges features and joins them with the encoder's."""

import keras
from keras import layers, ops

from kseg.layers._arguments import build_chain, channel_axis, standardize_sizes
from kseg.layers._block import Block, add_bias

FUSIONS = ("concat", "add")


class _ExactBias:
    """Give a transposed convolution's bias its true gradient in bfloat16: see `add_bias`."""

    def call(self, inputs):
        """Return the enlarged features."""
        x = ops.conv_transpose(
            inputs,
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
        )
        return add_bias(x, self.bias, self.data_format) if self.use_bias else x


class _Deconvolution2D(_ExactBias, layers.Conv2DTranspose):
    pass


class _Deconvolution3D(_ExactBias, layers.Conv3DTranspose):
    pass


_DECONVOLUTIONS = {2: _Deconvolution2D, 3: _Deconvolution3D}


class _DeconvBlock(Block):
    """Enlarge by a transposed convolution in `rank` axes, then join the encoder's features."""

    def __init__(
        self,
        filters: int,
        *,
        strides: int | tuple[int, ...] = 2,
        kernel_size: int | tuple[int, ...] | None = None,
        fusion: str = "concat",
        norm: str | None = "none",
        groups: int = 8,
        norm_momentum: float = 0.99,
        activation=None,
        use_bias: bool = True,
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
        if fusion not in FUSIONS:
            raise ValueError(f"`fusion` must be one of {FUSIONS}. Received: fusion={fusion!r}.")
        self.fusion = fusion
        self.kernel_size = self._standardize_kernel(kernel_size)
        self.deconvolution = _DECONVOLUTIONS[self.rank](
            self.filters,
            self.kernel_size,
            strides=self.strides,
            padding="valid" if self.kernel_size == self.strides else "same",
            data_format=self.data_format,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            name="deconvolution",
            **self._common,
        )
        self._add_norm_and_activation()

    @property
    def _convolving(self):
        return self.deconvolution

    def _standardize_kernel(self, kernel_size) -> tuple[int, ...]:
        if kernel_size is None:
            return self.strides
        sizes = standardize_sizes(kernel_size, self.rank, "kernel_size")
        if any(size < stride for size, stride in zip(sizes, self.strides, strict=True)):
            # Between the boxes of a smaller kernel lie voxels that no input reaches.
            raise ValueError(
                "`kernel_size` must be None or at least `strides` on each axis. "
                f"Received: kernel_size={kernel_size}, strides={self.strides}."
            )
        return sizes

    def build(self, input_shape):
        """Build the transposed convolution and the normalisation."""
        low, skip = _split_shapes(input_shape)
        for shape in (low, skip):
            if shape is not None:
                self._check_rank(shape)
        build_chain([self.deconvolution, self.normalization, self.activating], low)
        self.compute_output_shape(input_shape)
        super().build(input_shape)

    def call(self, inputs, training=None):
        """Return the enlarged features, joined with the skip if one is given."""
        low, skip = inputs if isinstance(inputs, list | tuple) else (inputs, None)
        if skip is not None:
            # In a model of free size, sizes are known here at the earliest. Adding would broadcast.
            self.compute_output_shape([tuple(low.shape), tuple(skip.shape)])
        x = self._normalize_and_activate(self.deconvolution(low), training)
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
        axis = channel_axis(self.data_format) % len(output)
        spatial = [dim for dim in range(1, len(output)) if dim != axis]
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
        child = self.deconvolution
        return {
            **super().get_config(),
            "fusion": self.fusion,
            "use_bias": child.use_bias,
            "bias_initializer": keras.initializers.serialize(child.bias_initializer),
        }


def _split_shapes(input_shape) -> tuple[tuple, tuple | None]:
    """Return the shapes of the low-resolution input and of the skip, if there is one."""
    if isinstance(input_shape[0], list | tuple):
        low, skip = input_shape
        return tuple(low), tuple(skip)
    return tuple(input_shape), None


@keras.saving.register_keras_serializable("kseg")
class DeconvBlock(_DeconvBlock):
    """Enlarge a volume by a transposed convolution, then join the encoder features of that size.

    By default the kernel is as large as the stride, so that no output voxel gets more terms than
    another and no checkerboard appears. Called with one tensor, the block only enlarges.

    Args:
        filters: int, channels of the enlarged features, before the skip is joined.
        strides: int or 3 ints (z, y, x), factor by which each axis grows.
        kernel_size: int or 3 ints (z, y, x), extent of the kernel in voxels, at least `strides`;
            what a larger kernel adds beyond the border is cut away. None takes `strides`.
        fusion: `"concat"` or `"add"`, how the skip is joined.
        norm: `"instance"`, `"batch"`, `"group"`, `"layer"` (all channels and voxels of a sample
            together, scale and offset per channel: group norm with one group) or `"none"`, applied
            before joining.
        groups: int, groups of channels for `norm="group"`; it must divide `filters`.
        norm_momentum: float from 0 to below 1, share of the running statistics of `norm="batch"`
            that each training step leaves as it was; near 1 they lag behind fast training.
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
        ValueError: if an argument is out of its range, the skip's spatial shape is not `strides`
            times the input's, or with `"add"` its channels are not `filters`.

    Example:
        >>> import numpy as np
        >>> x, skip = np.zeros((1, 4, 4, 4, 64)), np.zeros((1, 8, 8, 8, 32))
        >>> tuple(DeconvBlock(32)([x, skip]).shape)
        (1, 8, 8, 8, 64)

    Reference:
        Çiçek et al., 3D U-Net, MICCAI 2016, arXiv:1606.06650, section 2.
    """

    rank = 3


@keras.saving.register_keras_serializable("kseg")
class Deconv2DBlock(_DeconvBlock):
    """Enlarge an image by a transposed convolution, then join the encoder features of that size.

    The twin of `DeconvBlock` for slices and pictures, with the same arguments and the same order.

    Args:
        filters: int, channels of the enlarged features, before the skip is joined.
        strides: int or 2 ints (y, x), factor by which each axis grows.
        kernel_size: int or 2 ints (y, x), extent of the kernel in pixels, at least `strides`;
            what a larger kernel adds beyond the border is cut away. None takes `strides`.
        fusion: `"concat"` or `"add"`, how the skip is joined.
        norm: `"instance"`, `"batch"`, `"group"`, `"layer"` (all channels and pixels of a sample
            together, scale and offset per channel: group norm with one group) or `"none"`, applied
            before joining.
        groups: int, groups of channels for `norm="group"`; it must divide `filters`.
        norm_momentum: float from 0 to below 1, share of the running statistics of `norm="batch"`
            that each training step leaves as it was; near 1 they lag behind fast training.
        activation: a Keras activation applied before joining, or None.
        use_bias: bool, whether the transposed convolution adds a bias.
        data_format: `"channels_last"` or `"channels_first"`; None takes Keras' setting.
        kernel_initializer: Keras initialiser of the kernel.
        bias_initializer: Keras initialiser of the bias.
        kernel_regularizer: Keras regulariser of the kernel, or None.
        **kwargs: `name`, `dtype` and the other arguments of `keras.layers.Layer`.

    Input shape:
        (batch, y, x, channels), or that and a skip
        (batch, y * strides, x * strides, skip_channels).

    Output shape:
        (batch, y * strides, x * strides, filters + skip_channels) for `"concat"`, `filters`
        channels for `"add"` or without a skip.

    Raises:
        ValueError: if an argument is out of its range, the skip's spatial shape is not `strides`
            times the input's, or with `"add"` its channels are not `filters`.

    Example:
        >>> import numpy as np
        >>> x, skip = np.zeros((1, 4, 4, 64)), np.zeros((1, 8, 8, 32))
        >>> tuple(Deconv2DBlock(32)([x, skip]).shape)
        (1, 8, 8, 64)

    Reference:
        Ronneberger et al., U-Net, MICCAI 2015, arXiv:1505.04597.
    """

    rank = 2
