"""A block that sees near and far at once."""

import keras
from keras import layers


@keras.saving.register_keras_serializable("kseg_example")
class DilatedBlock(layers.Layer):
    """Convolve a volume at several dilations, add the results up, normalise and activate.

    Args:
        filters: int, output channels.
        dilations: sequence of ints, distance in voxels between the points of each kernel.
        **kwargs: `name`, `dtype` and the other arguments of `keras.layers.Layer`.

    Input shape:
        (batch, z, y, x, channels)

    Output shape:
        (batch, z, y, x, filters)

    Example:
        >>> import numpy as np
        >>> tuple(DilatedBlock(4)(np.zeros((1, 8, 8, 8, 2))).shape)
        (1, 8, 8, 8, 4)
    """

    def __init__(self, filters, dilations=(1, 2, 4), **kwargs):
        super().__init__(**kwargs)
        if not isinstance(filters, int) or filters < 1:
            raise ValueError(f"`filters` must be a positive int. Received: filters={filters}.")
        self.filters = filters
        self.dilations = tuple(dilations)
        # A layer inside a layer does not inherit its dtype policy; it has to be handed on.
        common = {"dtype": self.dtype_policy}
        self.convolutions = [
            layers.Conv3D(
                filters,
                3,
                padding="same",
                dilation_rate=rate,
                use_bias=False,
                kernel_initializer="he_normal",
                name=f"dilated_{rate}",
                **common,
            )
            for rate in self.dilations
        ]
        self.norm = layers.GroupNormalization(groups=-1, name="norm", **common)
        self.activation = layers.LeakyReLU(negative_slope=0.01, **common)

    def build(self, input_shape):
        """Build every child, so that the weights are there before the first image."""
        for convolution in self.convolutions:
            convolution.build(input_shape)
        self.norm.build(self.compute_output_shape(input_shape))
        self.activation.build(self.compute_output_shape(input_shape))
        super().build(input_shape)

    def call(self, inputs):
        """Return the block's features of `inputs`."""
        return self.activation(self.norm(sum(each(inputs) for each in self.convolutions)))

    def compute_output_shape(self, input_shape):
        """Return the input's shape with `filters` channels."""
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        """Return the arguments that make an equal block."""
        config = {"filters": self.filters, "dilations": self.dilations}
        return {**super().get_config(), **config}
