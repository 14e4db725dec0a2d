"""A fully convolutional network that names what an image shows, or what each place of it shows."""

from collections.abc import Sequence

import keras
from keras import layers

from kseg.models._ranks import DATA_FORMAT, logits, rank_of, unshared
from kseg.models.unet import HEAD_PREFIX


def fcn(
    channels: int,
    classes: int,
    *,
    dimensions: int = 2,
    filters: Sequence[int] = (32, 64),
    kernel_size: int | Sequence[int] = 5,
    pool_size: int | Sequence[int] = 2,
    pool: str = "max",
    border: str = "keep",
    dense_filters: int = 1024,
    dense_kernel: int | Sequence[int] = 7,
    dropout: float = 0.5,
    activation: str = "relu",
    kernel_initializer="he_normal",
    bias_initializer="zeros",
    name: str = "fcn",
) -> keras.Model:
    """Return a classifier without fully connected layers, so that it runs on images of any size.

    Convolution, activation and pooling once for each of `filters`; then a convolution whose
    kernel spans the whole map of an image of the trained size takes the place of the first dense
    layer, and a convolution with a kernel of 1 that of the last. On a larger image the same weights
    give a map with one prediction for each place of that kernel.

    Args:
        channels: int, channels of the image.
        classes: int, classes.
        dimensions: int, 2 for images (y, x) or 3 for volumes (z, y, x).
        filters: ints, channels of each convolution before a pooling.
        kernel_size: int or one int an axis, kernel of these convolutions, in pixels.
        pool_size: int or one int an axis, window and step of the pooling, in pixels.
        pool: `"max"`, `"mean"` or `"trainable"`.
        border: `"keep"` pads an odd side with zeros before pooling, `"drop"` leaves the last row.
        dense_filters: int, channels of the convolution that is the first dense layer.
        dense_kernel: int or one int an axis, its kernel, in pixels of the pooled map.
        dropout: float from 0 to 1, share of that layer's outputs set to 0 in training.
        activation: str, activation of all layers but the last.
        kernel_initializer: Keras initialiser of all kernels.
        bias_initializer: Keras initialiser of all biases.
        name: str, name of the model.

    Input shape:
        (batch, y, x, channels), or (batch, z, y, x, channels)

    Output shape:
        (batch, y', x', classes) with y' = y / pool_size ** len(filters) - dense_kernel + 1, rounded
        up (`"keep"`) or down (`"drop"`) at each pooling; 1 × 1 for an image of the trained size.

    Returns:
        `keras.Model`.

    Raises:
        ValueError: if an argument is out of its range.

    Example:
        >>> model = fcn(1, 10)
        >>> model.count_params()
        3274634
        >>> tuple(model(keras.ops.zeros((1, 28, 28, 1))).shape)
        (1, 1, 1, 10)
        >>> tuple(model(keras.ops.zeros((1, 112, 112, 1))).shape)
        (1, 22, 22, 10)

    Reference:
        Long et al., Fully Convolutional Networks for Semantic Segmentation, CVPR 2015,
        arXiv:1411.4038.
    """
    rank = rank_of(dimensions)
    initializers = {
        "kernel_initializer": unshared(kernel_initializer),
        "bias_initializer": unshared(bias_initializer),
    }
    common = {"activation": activation, "data_format": DATA_FORMAT, **initializers}
    inputs = x = keras.Input((None,) * dimensions + (channels,), name="image")
    for index, width in enumerate(filters):
        x = rank.conv_block(width, kernel_size, norm="none", name=f"conv_{index}", **common)(x)
        x = rank.pool_block(
            pool_size, kind=pool, border=border, data_format=DATA_FORMAT, name=f"pool_{index}"
        )(x)
    x = rank.convolution(dense_filters, dense_kernel, padding="valid", name="dense", **common)(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, logits(x, classes, f"{HEAD_PREFIX}0", **initializers), name=name)
