"""Gate that lets through those encoder features that the decoder asks for."""

import keras
from keras import layers, ops

from kseg.layers._arguments import channel_axis, is_positive_int, standardize_data_format
from kseg.layers.conv_block import Conv2DBlock, Conv3DBlock

CONVOLUTIONS = {4: Conv2DBlock, 5: Conv3DBlock}


@keras.saving.register_keras_serializable("kseg")
class AttentionGate(layers.Layer):
    """Scale each voxel of the skip by a number from 0 to 1 that the gating signal decides.

    Called with `[gating, skip]`: features of the decoder, at the skip's resolution or coarser by a
    whole factor in each axis, and features of the encoder. Both are mixed down to `filters`
    channels by 1x1 convolutions and added; ReLU, another 1x1 convolution to one channel and a
    sigmoid make the attention. The paper compares both at the coarse resolution and interpolates
    the attention; here the gating is enlarged by repetition, and the attention is as fine as the
    skip.

    Args:
        filters: int, channels in which both are compared, or None for half of the skip's.
        data_format: `"channels_last"` or `"channels_first"`; None takes Keras' setting.
        kernel_initializer: Keras initialiser of the three kernels.
        kernel_regularizer: Keras regulariser of the three kernels, or None.
        **kwargs: `name`, `dtype` and the other arguments of `keras.layers.Layer`.

    Input shape:
        [(batch, z / factor, y / factor, x / factor, gating_channels), (batch, z, y, x, channels)],
        or the same without z.

    Output shape:
        (batch, z, y, x, channels), that of the skip.

    Raises:
        ValueError: if an argument is out of its range, or the skip's spatial shape is not a whole
            multiple of the gating's.

    Example:
        >>> import numpy as np
        >>> gating, skip = np.zeros((1, 2, 4, 4, 64)), np.zeros((1, 4, 8, 8, 32))
        >>> tuple(AttentionGate()([gating, skip]).shape)
        (1, 4, 8, 8, 32)

    Reference:
        Oktay et al., Attention U-Net, MIDL 2018, arXiv:1804.03999, section 2.
    """

    def __init__(
        self,
        filters: int | None = None,
        *,
        data_format: str | None = None,
        kernel_initializer="he_normal",
        kernel_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if filters is not None and not is_positive_int(filters):
            raise ValueError(f"`filters` must be a positive int or None. Received: {filters=}.")
        self.filters = filters
        self.data_format = standardize_data_format(data_format)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape):
        """Build the three convolutions, in the rank of the input."""
        gating, skip = self._check(input_shape)
        channels = skip[channel_axis(self.data_format)]
        filters = max(1, channels // 2) if self.filters is None else self.filters
        self.gating_mix = self._mixing(len(skip), filters, use_bias=True, name="gating")
        # One bias for the sum of both is enough.
        self.skip_mix = self._mixing(len(skip), filters, use_bias=False, name="skip")
        self.score = self._mixing(len(skip), 1, use_bias=True, name="score")
        self.gating_mix.build(gating)
        self.skip_mix.build(skip)
        self.score.build(self.skip_mix.compute_output_shape(skip))
        super().build(input_shape)

    def _mixing(self, ndim: int, filters: int, **arguments) -> layers.Layer:
        return CONVOLUTIONS[ndim](
            filters,
            kernel_size=1,
            norm="none",
            activation=None,
            data_format=self.data_format,
            # One object gives the same numbers twice: each kernel gets an initialiser of its own.
            kernel_initializer=keras.initializers.serialize(self.kernel_initializer),
            kernel_regularizer=self.kernel_regularizer,
            # Layers inside a layer do not inherit its dtype policy; it has to be handed on.
            dtype=self.dtype_policy,
            **arguments,
        )

    def call(self, inputs):
        """Return the skip, scaled voxel by voxel."""
        gating, skip = inputs
        self._check([tuple(gating.shape), tuple(skip.shape)])
        # A 1x1 convolution commutes with repetition, and costs less before it.
        asked, there = self.gating_mix(gating), self.skip_mix(skip)
        score = self.score(ops.relu(self._enlarged(asked, there) + there))
        return skip * ops.sigmoid(score)

    def _enlarged(self, gating, skip):
        """Repeat the voxels of `gating` up to the size of `skip`."""
        low, high = ops.shape(gating), ops.shape(skip)
        x = gating
        for axis in self._spatial_axes(len(skip.shape)):
            sizes = gating.shape[axis], skip.shape[axis]
            if None in sizes or sizes[0] != sizes[1]:
                x = ops.repeat(x, high[axis] // low[axis], axis=axis)
        # In a model of free size nothing before this sees a gating that does not fit.
        return ops.reshape(x, high)

    def _spatial_axes(self, ndim: int) -> range:
        return range(1, ndim - 1) if self.data_format == "channels_last" else range(2, ndim)

    def _check(self, input_shape) -> tuple[tuple, tuple]:
        """Return the shapes of gating and skip; refuse what does not fit."""
        gating, skip = (tuple(shape) for shape in input_shape)
        if len(skip) not in CONVOLUTIONS or len(gating) != len(skip):
            raise ValueError(
                "The gating and the skip must have 4 axes or 5, both as many. "
                f"Received: gating shape {gating}, skip shape {skip}."
            )
        for axis in self._spatial_axes(len(skip)):
            if None not in (gating[axis], skip[axis]) and skip[axis] % gating[axis]:
                raise ValueError(
                    "The skip must be a whole number of times as large as the gating. "
                    f"Received: gating shape {gating}, skip shape {skip}."
                )
        return gating, skip

    def compute_output_shape(self, input_shape):
        """Return the shape of the skip; refuse a gating that does not fit."""
        return self._check(input_shape)[1]

    def get_config(self):
        """Return the arguments that make an equal layer."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "data_format": self.data_format,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
