"""Pooling of images and volumes by the largest value, the mean, or a learned weighting."""

import math

import keras
from keras import layers, ops

from kseg.layers._arguments import channel_axis, standardize_data_format, standardize_sizes

KINDS = ("max", "mean", "trainable")
BORDERS = ("keep", "drop")


class _PoolBlock(layers.Layer):
    """The pooling that `Pool2DBlock` and `Pool3DBlock` share; they only name the rank."""

    rank: int

    def __init__(
        self,
        pool_size: int | tuple[int, ...] = 2,
        *,
        kind: str = "max",
        border: str = "keep",
        data_format: str | None = None,
        kernel_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.pool_size = standardize_sizes(pool_size, self.rank, "pool_size")
        self.kind = _standardize_choice(kind, "kind", KINDS)
        self.border = _standardize_choice(border, "border", BORDERS)
        self.data_format = standardize_data_format(data_format)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.input_spec = layers.InputSpec(ndim=self.rank + 2)

    def build(self, input_shape):
        """Create the weights of the window where they are learned."""
        if self.kind == "trainable":
            channels = input_shape[channel_axis(self.data_format)]
            if channels is None:
                raise ValueError(
                    f"The channel axis must have a known size. Received: input_shape={input_shape}."
                )
            mean = keras.initializers.Constant(1 / math.prod(self.pool_size))
            self.kernel = self.add_weight(
                # As of a depthwise convolution: initialisers find its fans in such a shape.
                shape=(*self.pool_size, 1, channels),
                initializer=mean if self.kernel_initializer is None else self.kernel_initializer,
                autocast=False,
                name="kernel",
            )
        super().build(input_shape)

    def call(self, inputs):
        """Return one value for each window and channel of `inputs`."""
        x = self._padded(inputs) if self.border == "keep" else inputs
        if self.kind == "trainable":
            return self._weighted(x)
        # Padding is settled above: "same" would pad with other things than zeros.
        return pool_windows(x, self.kind, self.pool_size, "valid", self.data_format)

    def _padded(self, inputs):
        """Append zeros so that no voxel is left over.

        Where a size is not known yet, as many as could ever be needed: what they are too many
        makes no window of its own and falls away.
        """
        sizes = self._spatial(inputs.shape)
        ends = [
            p - 1 if n is None else -n % p for n, p in zip(sizes, self.pool_size, strict=True)
        ]  # fmt: skip
        if not any(ends):
            return inputs
        widths = self._with_spatial([(0, 0)] * (self.rank + 2), [(0, end) for end in ends])
        return ops.pad(inputs, widths)

    def _weighted(self, inputs):
        """Return the sum of each window's values, weighted by the kernel.

        Multiplied and summed in float32, so that neither the windows' sums nor the kernel's
        gradient, a sum over all windows, are rounded at each step. On a CPU that takes no longer
        than bfloat16, and unlike a depthwise convolution it knows any rank and uneven strides.
        """
        if self.data_format == "channels_first":
            inputs = ops.moveaxis(inputs, 1, -1)
        channels = inputs.shape[-1]
        sizes = [n // p for n, p in zip(ops.shape(inputs)[1:-1], self.pool_size, strict=True)]
        whole = [slice(n * p) for n, p in zip(sizes, self.pool_size, strict=True)]
        *outer, last = self.pool_size
        # The last axis stays joined with the channels: longer rows are faster.
        split = [size for pair in zip(sizes, outer) for size in pair]
        parts = [ops.reshape(inputs[:, *whole], (-1, *split, sizes[-1], last * channels))]
        for axis, size in enumerate(outer, 2):
            parts = [part for whole in parts for part in ops.unstack(whole, size, axis)]
        accurate = keras.backend.result_type(self.compute_dtype, "float32")
        kernel = ops.reshape(ops.cast(self.kernel, accurate), (len(parts), last * channels))
        x = sum(ops.cast(part, accurate) * kernel[i] for i, part in enumerate(parts))
        x = ops.sum(ops.reshape(x, (-1, *sizes, last, channels)), axis=-2)
        x = ops.cast(x, self.compute_dtype)
        return ops.moveaxis(x, -1, 1) if self.data_format == "channels_first" else x

    def _spatial(self, shape) -> tuple:
        return tuple(shape[1:-1] if self.data_format == "channels_last" else shape[2:])

    def _with_spatial(self, shape, spatial) -> list:
        """Return `shape` with its spatial part replaced."""
        start = 1 if self.data_format == "channels_last" else 2
        return [*shape[:start], *spatial, *shape[start + self.rank :]]

    def compute_output_shape(self, input_shape):
        """Return the input's shape, each axis divided by its window, rounded by the border."""
        keep = self.border == "keep"
        sizes = [
            None if n is None else (n + p - 1 if keep else n) // p
            for n, p in zip(self._spatial(input_shape), self.pool_size, strict=True)
        ]
        return tuple(self._with_spatial(tuple(input_shape), sizes))

    def get_config(self):
        """Return the arguments that make an equal layer."""
        initializer = self.kernel_initializer
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "kind": self.kind,
            "border": self.border,
            "data_format": self.data_format,
            "kernel_initializer": initializer and keras.initializers.serialize(initializer),
        }


@keras.saving.register_keras_serializable("kseg")
class Pool3DBlock(_PoolBlock):
    """Make one voxel of each window of a volume, by a maximum, a mean or learned weights.

    Windows do not overlap. `"trainable"` sums the voxels of a window with weights that are learned
    for each channel; they start as the mean, so that an untrained layer pools like `"mean"`.

    Args:
        pool_size: int or 3 ints (z, y, x), extent of the window in voxels.
        kind: `"max"`, `"mean"` or `"trainable"`.
        border: what happens where the windows do not come out even: `"keep"` appends zeros and
            pools them like voxels (Keras' `padding="same"` leaves its padding out of the maximum
            and the mean instead), `"drop"` ignores the rest.
        data_format: `"channels_last"` or `"channels_first"`; None takes Keras' setting.
        kernel_initializer: Keras initialiser of the weights of `"trainable"`, or None for the mean.
        **kwargs: `name`, `dtype` and the other arguments of `keras.layers.Layer`.

    Input shape:
        (batch, z, y, x, channels)

    Output shape:
        (batch, z / pool_size, y / pool_size, x / pool_size, channels), rounded up with `"keep"`
        and down with `"drop"`.

    Raises:
        ValueError: if an argument is out of its range.

    Example:
        >>> import numpy as np
        >>> tuple(Pool3DBlock((1, 2, 2), kind="trainable")(np.zeros((1, 4, 9, 8, 2))).shape)
        (1, 4, 5, 4, 2)

    Reference:
        LeCun et al., Gradient-based learning applied to document recognition, Proc. IEEE 1998,
        doi:10.1109/5.726791, section II.B (sub-sampling with trainable coefficients).
    """

    rank = 3


@keras.saving.register_keras_serializable("kseg")
class Pool2DBlock(_PoolBlock):
    """Make one pixel of each window of an image, by a maximum, a mean or learned weights.

    The twin of `Pool3DBlock`, which explains the arguments.

    Args:
        pool_size: int or 2 ints (y, x), extent of the window in pixels.
        kind: `"max"`, `"mean"` or `"trainable"`.
        border: `"keep"` (append zeros) or `"drop"` (ignore the rest).
        data_format: `"channels_last"` or `"channels_first"`; None takes Keras' setting.
        kernel_initializer: Keras initialiser of the weights of `"trainable"`, or None for the mean.
        **kwargs: `name`, `dtype` and the other arguments of `keras.layers.Layer`.

    Input shape:
        (batch, y, x, channels)

    Output shape:
        (batch, y / pool_size, x / pool_size, channels), rounded up with `"keep"` and down with
        `"drop"`.

    Raises:
        ValueError: if an argument is out of its range.

    Example:
        >>> import numpy as np
        >>> image = np.array([[-4.0, -1.0, -2.0]]).reshape(1, 1, 3, 1)
        >>> np.asarray(Pool2DBlock((1, 2))(image)).ravel().tolist()
        [-1.0, 0.0]

    Reference:
        LeCun et al., Gradient-based learning applied to document recognition, Proc. IEEE 1998,
        doi:10.1109/5.726791, section II.B (sub-sampling with trainable coefficients).
    """

    rank = 2


def _standardize_choice(value: str, name: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {choices}. Received: {name}={value!r}.")
    return value


def pool_windows(inputs, kind: str, pool_size: tuple[int, ...], padding: str, data_format: str):
    """Return the maximum or the mean of each window of `pool_size`, as Keras pools them.

    Args:
        inputs: tensor of a batch of images or volumes.
        kind: `"max"` or `"mean"`.
        pool_size: ints, one a spatial axis, extent of the windows and steps between them.
        padding: `"valid"`, or `"same"` for windows over the end that pool what is there.
        data_format: `"channels_last"` or `"channels_first"`.

    Returns:
        Tensor of the type of `inputs`.
    """
    dtype = keras.backend.standardize_dtype(inputs.dtype)
    # On a CPU TensorFlow cannot pool volumes of float16, and torch neither of the two.
    native = dtype == "bfloat16" and keras.config.backend() == "tensorflow"
    exact = dtype not in ("float16", "bfloat16")
    x = inputs if native or exact else ops.cast(inputs, "float32")
    pool = ops.max_pool if kind == "max" else ops.average_pool
    return ops.cast(pool(x, pool_size, pool_size, padding, data_format), dtype)
