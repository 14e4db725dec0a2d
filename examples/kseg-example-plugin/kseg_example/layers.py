"""A block that sees near and far at once."""

import keras
from keras import layers


@keras.saving.register_keras_serializable("kseg_example")
class DilatedBlock(layers.Layer):
    """Convolve a volume at several dilations, add the results up, shrink, normalise and activate.

    Because it takes `filters`, `kernel_size` and `strides`, a recipe can build kseg's U-Net of it:
    `model: {block: DilatedBlock, block_args: {dilations: [1, 2]}}`. A block that also named `norm`,
    `activation` or `dropout` would be told these keys of the recipe.

    Args:
        filters: int, output channels.
        kernel_size: int or 3 ints (z, y, x), points of each kernel.
        strides: int or 3 ints (z, y, x), factor by which each axis shrinks.
        dilations: sequence of ints, distance in voxels between the points of each kernel.
        **kwargs: `name`, `dtype` and the other arguments of `keras.layers.Layer`.

    Input shape:
        (batch, z, y, x, channels)

    Output shape:
        (batch, z / strides, y / strides, x / strides, filters)

    Example:
        >>> import numpy as np
        >>> tuple(DilatedBlock(4, strides=2)(np.zeros((1, 8, 8, 8, 2))).shape)
        (1, 4, 4, 4, 4)
    """

    def __init__(self, filters, kernel_size=3, strides=1, dilations=(1, 2, 4), **kwargs):
        super().__init__(**kwargs)
        if not isinstance(filters, int) or filters < 1:
            raise ValueError(f"`filters` must be a positive int. Received: filters={filters}.")
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.dilations = tuple(dilations)
        # A layer inside a layer does not inherit its dtype policy; it has to be handed on.
        common = {"dtype": self.dtype_policy}
        self.convolutions = [
            layers.Conv3D(
                filters,
                kernel_size,
                padding="same",
                dilation_rate=rate,
                use_bias=False,
                kernel_initializer="he_normal",
                name=f"dilated_{rate}",
                **common,
            )
            for rate in self.dilations
        ]
        # Keras refuses strides and dilations in one convolution.
        self.pool = layers.AveragePooling3D(strides, padding="same", name="pool", **common)
        self.norm = layers.GroupNormalization(groups=-1, name="norm", **common)
        self.activation = layers.LeakyReLU(negative_slope=0.01, **common)

    def build(self, input_shape):
        """Build every child, so that the weights are there before the first image."""
        for convolution in self.convolutions:
            convolution.build(input_shape)
        full_size = (*input_shape[:-1], self.filters)
        self.pool.build(full_size)
        self.norm.build(self.pool.compute_output_shape(full_size))
        self.activation.build(self.pool.compute_output_shape(full_size))
        super().build(input_shape)

    def call(self, inputs):
        """Return the block's features of `inputs`."""
        features = sum(each(inputs) for each in self.convolutions)
        return self.activation(self.norm(self.pool(features)))

    def compute_output_shape(self, input_shape):
        """Return the shrunk shape with `filters` channels."""
        return self.pool.compute_output_shape((*input_shape[:-1], self.filters))

    def get_config(self):
        """Return the arguments that make an equal block."""
        config = {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "dilations": self.dilations,
        }
        return {**super().get_config(), **config}
