"""Weighting of whole channels by what the image or volume as a whole holds."""

import keras
from keras import layers, ops

from kseg.layers._arguments import channel_axis, is_positive_int, standardize_data_format


@keras.saving.register_keras_serializable("kseg")
class SqueezeExcitation(layers.Layer):
    """Scale each channel by a number from 0 to 1 that two small dense layers find from all means.

    The means over the spatial axes are taken in float32, whatever the precision of the network.

    Args:
        ratio: int, the hidden layer has one channel for so many of the input, but at least 1.
        filters: int, channels of the hidden layer in place of what `ratio` gives, or None.
        data_format: `"channels_last"` or `"channels_first"`; None takes Keras' setting.
        **kwargs: `name`, `dtype` and the other arguments of `keras.layers.Layer`.

    Input shape:
        (batch, z, y, x, channels) or (batch, y, x, channels)

    Output shape:
        The same.

    Raises:
        ValueError: if an argument is out of its range.

    Example:
        >>> import numpy as np
        >>> tuple(SqueezeExcitation(ratio=4)(np.zeros((1, 4, 4, 4, 8))).shape)
        (1, 4, 4, 4, 8)

    Reference:
        Hu et al., Squeeze-and-Excitation Networks, CVPR 2018, arXiv:1709.01507.
    """

    def __init__(
        self,
        ratio: int = 16,
        *,
        filters: int | None = None,
        data_format: str | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not is_positive_int(ratio):
            raise ValueError(f"`ratio` must be a positive int. Received: ratio={ratio}.")
        if filters is not None and not is_positive_int(filters):
            raise ValueError(f"`filters` must be a positive int or None. Received: {filters=}.")
        self.ratio = ratio
        self.filters = filters
        self.data_format = standardize_data_format(data_format)
        self.input_spec = layers.InputSpec(min_ndim=3)

    def build(self, input_shape):
        """Build the two dense layers."""
        channels = input_shape[channel_axis(self.data_format)]
        if channels is None:
            raise ValueError(
                f"The channel axis must have a known size. Received: input_shape={input_shape}."
            )
        hidden = max(1, channels // self.ratio) if self.filters is None else self.filters
        # Layers inside a layer do not inherit its dtype policy; it has to be handed on.
        common = {"dtype": self.dtype_policy}
        self.squeezing = layers.Dense(hidden, activation="relu", name="squeeze", **common)
        self.exciting = layers.Dense(channels, activation="sigmoid", name="excite", **common)
        self.squeezing.build((input_shape[0], channels))
        self.exciting.build((input_shape[0], hidden))
        super().build(input_shape)

    def call(self, inputs):
        """Return `inputs`, each channel of each sample scaled."""
        rank = len(inputs.shape)
        axis = channel_axis(self.data_format) % rank
        spatial = [dim for dim in range(1, rank) if dim != axis]
        accurate = keras.backend.result_type(self.compute_dtype, "float32")
        means = ops.mean(ops.cast(inputs, accurate), axis=spatial)
        scale = self.exciting(self.squeezing(means))
        return inputs * ops.expand_dims(scale, spatial)

    def compute_output_shape(self, input_shape):
        """Return `input_shape`."""
        return tuple(input_shape)

    def get_config(self):
        """Return the arguments that make an equal layer."""
        return {
            **super().get_config(),
            "ratio": self.ratio,
            "filters": self.filters,
            "data_format": self.data_format,
        }
