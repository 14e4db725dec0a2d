"""What instance and group normalisation share: their weights and their arithmetic in float32."""

from keras import layers, ops


class Normalization(layers.Layer):
    """Bring channels, alone or in groups, to mean 0 and variance 1, then scale and shift each.

    A child says by `_pooled` which channels share their statistics.
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
        return self._portable(inputs)

    def _pooled(self, statistic):
        """Return a statistic of each sample and channel, shared among channels of one group."""
        return statistic

    def _portable(self, inputs):
        rank = len(inputs.shape)
        axis = self.axis % rank
        spatial = [dim for dim in range(1, rank) if dim != axis]
        shape = [1] * rank
        shape[axis] = inputs.shape[axis]
        x = ops.cast(inputs, "float32")
        mean = self._pooled(ops.mean(x, axis=spatial, keepdims=True))
        variance = self._pooled(ops.mean(ops.square(x - mean), axis=spatial, keepdims=True))
        scale = ops.rsqrt(variance + self.epsilon) * ops.reshape(self.gamma, shape)
        return ops.cast((x - mean) * scale + ops.reshape(self.beta, shape), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Return `input_shape`."""
        return input_shape

    def get_config(self):
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}
