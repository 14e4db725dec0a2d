"""Group normalisation with statistics in float32, and layer normalisation as its one group."""

import keras
from keras import ops

from kseg.layers._normalization import Normalization


@keras.saving.register_keras_serializable("kseg")
class GroupNormalization(Normalization):
    """Bring each group of neighbouring channels of a sample to mean 0 and variance 1.

    Mean and variance are taken over all voxels and all channels of the group, in float32 whatever
    the precision of the network; scale and offset are those of each channel. One group is layer
    normalisation of a whole sample, as many groups as channels are instance normalisation.

    `keras.layers.GroupNormalization` computes the same up to rounding. This layer subtracts the
    mean first, so that a channel far from 0 does not lose its digits, and it reduces the voxels of
    each channel before the channels of a group, which needs no second copy of the tensor's layout.

    Args:
        groups: int, number of groups; it must divide the channels.
        axis: int, the axis of the channels.
        epsilon: float, added to the variance so that a constant group gives zeros.
        **kwargs: `name`, `dtype` and the other arguments of `keras.layers.Layer`.

    Input shape:
        (batch, ..., channels), or (batch, channels, ...) with `axis=1`.

    Output shape:
        The same.

    Raises:
        ValueError: if `groups` is no positive int or does not divide the channels.

    Example:
        >>> import numpy as np
        >>> x = np.random.default_rng(0).normal(40.0, 9.0, (2, 4, 4, 4, 6)).astype("float32")
        >>> y = keras.ops.convert_to_numpy(GroupNormalization(2)(x))
        >>> bool(np.abs(y[..., :3].mean((1, 2, 3, 4))).max() < 1e-5)
        True

    Reference:
        Wu and He, Group Normalization, ECCV 2018, arXiv:1803.08494; Ba et al., Layer
        Normalization, 2016, arXiv:1607.06450.
    """

    def __init__(self, groups: int = 8, *, axis: int = -1, epsilon: float = 1e-5, **kwargs):
        super().__init__(axis=axis, epsilon=epsilon, **kwargs)
        if isinstance(groups, bool) or not isinstance(groups, int) or groups < 1:
            raise ValueError(f"`groups` must be a positive int. Received: groups={groups}.")
        self.groups = groups

    def build(self, input_shape):
        """Create gamma and beta in float32, one pair for each channel."""
        channels = input_shape[self.axis]
        if channels is not None and channels % self.groups:
            raise ValueError(
                "`groups` must divide the number of channels. "
                f"Received: groups={self.groups}, input_shape={input_shape}."
            )
        super().build(input_shape)

    def _pooled(self, statistic):
        # One mean of means: all channels have equally many voxels.
        shape = [-1, *statistic.shape[1:]]
        size = self.gamma.shape[0] // self.groups
        groups = ops.mean(ops.reshape(statistic, (-1, self.groups, size)), axis=-1)
        return ops.reshape(ops.repeat(groups, size, axis=-1), shape)

    def get_config(self):
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "groups": self.groups}
