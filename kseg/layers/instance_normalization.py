"""Instance normalisation with statistics in float32, whatever the precision of the network."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("kseg")
class InstanceNormalization(layers.Layer):
    """Bring every channel of every sample to mean 0 and variance 1, then scale and shift it.

    Mean and variance are taken in float32 and stay there, whatever the precision of the network:
    rounded to bfloat16 the mean keeps three digits, and a channel whose mean is large against its
    spread would come out shifted by a good part of a standard deviation.

    Under TensorFlow with the channels last it runs as a fused kernel, which takes a third of the
    time or less of `keras.layers.GroupNormalization(groups=-1)` on a CPU, and whose results agree
    with it (`benchmarks/instance_norm.py`).

    Args:
        axis: int, the axis of the channels.
        epsilon: float, added to the variance so that a constant channel gives zeros.
        **kwargs: `name`, `dtype` and the other arguments of `keras.layers.Layer`.

    Input shape:
        (batch, ..., channels), or (batch, channels, ...) with `axis=1`.

    Output shape:
        The same.

    Example:
        >>> import numpy as np
        >>> x = np.random.default_rng(0).normal(40.0, 9.0, (2, 4, 4, 4, 3)).astype("float32")
        >>> y = np.asarray(InstanceNormalization()(x))
        >>> bool(np.abs(y.mean((1, 2, 3))).max() < 1e-5)
        True

    Reference:
        Ulyanov et al., Instance Normalization, 2016, arXiv:1607.08022.
    """

    def __init__(self, *, axis: int = -1, epsilon: float = 1e-5, **kwargs):
        super().__init__(**kwargs)
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be above 0. Received: epsilon={epsilon}.")
        self.axis = axis
        self.epsilon = epsilon

    def build(self, input_shape):
        """Create gamma and beta in float32, one pair for each channel."""
        channels = input_shape[self.axis]
        if channels is None:
            raise ValueError(
                f"The channel axis must have a known size. Received: input_shape={input_shape}."
            )
        common = {"shape": (channels,), "dtype": "float32", "autocast": False}
        self.gamma = self.add_weight(name="gamma", initializer="ones", **common)
        self.beta = self.add_weight(name="beta", initializer="zeros", **common)
        super().build(input_shape)

    def call(self, inputs):
        """Normalise `inputs`; the result has the layer's compute dtype."""
        if keras.config.backend() == "tensorflow" and self._channels_are_last(inputs):
            # Imported here so that the layer also serves where TensorFlow is not the backend.
            from kseg.layers._tensorflow_kernels import fused_instance_norm

            fused = fused_instance_norm(inputs, self.gamma.value, self.beta.value, self.epsilon)
            if fused is not None:
                return fused
        return self._portable(inputs)

    def _channels_are_last(self, inputs) -> bool:
        return self.axis in (-1, len(inputs.shape) - 1)

    def _portable(self, inputs):
        rank = len(inputs.shape)
        axis = self.axis % rank
        spatial = [dim for dim in range(1, rank) if dim != axis]
        shape = [1] * rank
        shape[axis] = inputs.shape[axis]
        x = ops.cast(inputs, "float32")
        mean = ops.mean(x, axis=spatial, keepdims=True)
        variance = ops.mean(ops.square(x - mean), axis=spatial, keepdims=True)
        scale = ops.rsqrt(variance + self.epsilon) * ops.reshape(self.gamma, shape)
        return ops.cast((x - mean) * scale + ops.reshape(self.beta, shape), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Return `input_shape`."""
        return input_shape

    def get_config(self):
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}
