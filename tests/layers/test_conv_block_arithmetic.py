"""The numbers that convolution blocks give, against plain NumPy."""

import keras
import numpy as np
import pytest

from kseg.layers.conv_block import Conv2DBlock, Conv3DBlock
from tests.layers.checks import as_float64, volume, with_random_weights
from tests.layers.reference import convolved, leaky, normalized

BLOCKS = {2: Conv2DBlock, 3: Conv3DBlock}
SHAPES = {2: (2, 5, 6, 3), 3: (2, 4, 5, 6, 3)}


def weights_of(block):
    return {weight.name: as_float64(weight) for weight in block.weights}


def features(block, x, **arguments):
    return as_float64(block(x, **arguments))


@pytest.mark.parametrize("rank", BLOCKS)
def test_todays_block_is_convolution_dropout_bias_norm_and_leaky_relu(rank):
    x = volume(SHAPES[rank])
    block = with_random_weights(BLOCKS[rank](4, use_bias=True, dropout=0.3), x)
    known = weights_of(block)
    mixed = convolved(as_float64(x), known["kernel"], (1,) * rank) + known["bias"]
    expected = leaky(normalized(mixed, 4, known["gamma"], known["beta"]))
    np.testing.assert_allclose(features(block, x), expected, atol=1e-4)


@pytest.mark.parametrize("rank", BLOCKS)
def test_a_training_step_of_the_seed_block_follows_its_text(rank):
    """Truncated normal kernel, constant bias after the dropout, batch norm, ReLU, L2."""
    x = volume(SHAPES[rank])
    common = {
        "kernel_initializer": keras.initializers.TruncatedNormal(stddev=0.01, seed=1),
        "bias_initializer": keras.initializers.Constant(0.1),
        "kernel_regularizer": keras.regularizers.L2(0.0015),
        "dropout": 0.4,
        "use_bias": True,
    }
    keras.utils.set_random_seed(7)
    bare = BLOCKS[rank](8, norm="none", activation=None, **common)
    kept = features(bare, x, training=True) - 0.1
    keras.utils.set_random_seed(7)
    block = BLOCKS[rank](8, norm="batch", activation="relu", **common)
    found = features(block, x, training=True)

    known = weights_of(block)
    assert np.abs(known["kernel"]).max() <= 0.02  # cut at two standard deviations
    assert known["kernel"].std() == pytest.approx(0.0088, rel=0.1)
    assert (known["bias"] == np.float32(0.1)).all()
    # Dropout has no other way to tell which voxels it kept; the same seed drops the same.
    mask = np.abs(kept) > 1e-7
    assert 0.5 < mask.mean() < 0.7
    dropped = convolved(as_float64(x), known["kernel"], (1,) * rank) * mask / 0.6
    np.testing.assert_allclose(kept, dropped, atol=1e-6)
    mixed, axes = dropped + 0.1, tuple(range(rank + 1))
    expected = (mixed - mixed.mean(axes)) / np.sqrt(mixed.var(axes) + 1e-3)
    np.testing.assert_allclose(found, np.maximum(expected, 0), atol=1e-4)
    np.testing.assert_allclose(known["moving_mean"], 0.01 * mixed.mean(axes), atol=1e-6)
    penalty = 0.0015 * np.square(known["kernel"]).sum()
    assert [float(loss) for loss in block.losses] == pytest.approx([penalty])


def test_what_is_dropped_still_gets_the_bias():
    block = Conv3DBlock(
        2, kernel_size=1, norm="none", activation=None, dropout=0.5, kernel_initializer="ones",
        bias_initializer=keras.initializers.Constant(3.0),
    )  # fmt: skip
    ones = np.ones((2, 4, 4, 4, 1), "float32")
    assert set(np.unique(features(block, ones, training=True))) == {3.0, 5.0}


@pytest.mark.parametrize("rank", BLOCKS)
def test_dropout_and_batch_statistics_stay_out_of_prediction(rank):
    x = volume(SHAPES[rank])
    block = BLOCKS[rank](4, norm="batch", activation="relu", use_bias=True, dropout=0.5)
    known = weights_of(with_random_weights(block, x))
    mixed = convolved(as_float64(x), known["kernel"], (1,) * rank) + known["bias"]
    scale = known["gamma"] / np.sqrt(known["moving_variance"] + 1e-3)
    expected = (mixed - known["moving_mean"]) * scale + known["beta"]
    np.testing.assert_allclose(features(block, x), np.maximum(expected, 0), atol=1e-3)


@pytest.mark.parametrize("padding", ["same", "symmetric"])
@pytest.mark.parametrize(
    ("kernel_size", "strides"),
    [
        ((3, 3, 3), (1, 1, 1)),
        ((3, 3, 3), (2, 2, 2)),
        ((1, 3, 3), (1, 2, 2)),
        ((5, 1, 3), (3, 2, 1)),
        ((2, 4, 3), (1, 2, 2)),
        ((7, 7, 7), (1, 2, 1)),
    ],
)
@pytest.mark.parametrize("rank", BLOCKS)
def test_padding_puts_its_zeros_where_it_says(rank, kernel_size, strides, padding):
    kernel_size, strides = kernel_size[-rank:], strides[-rank:]
    x = volume(SHAPES[rank])
    block = BLOCKS[rank](
        2, kernel_size, strides=strides, padding=padding, norm="none", activation=None
    )
    free = block.compute_output_shape((None,) * (rank + 1) + (3,))
    assert free == (None,) * (rank + 1) + (2,)
    known = weights_of(with_random_weights(block, x))
    expected = convolved(as_float64(x), known["kernel"], strides, padding) + known["bias"]
    assert block.compute_output_shape(x.shape) == expected.shape
    np.testing.assert_allclose(features(block, x), expected, atol=2e-4)


def test_symmetric_zeros_take_another_grid_than_same_on_even_sizes_alone():
    def seen(padding, size):
        block = Conv2DBlock(
            1, strides=2, padding=padding, norm="none", activation=None, kernel_initializer="ones"
        )
        return features(block, np.eye(size, dtype="float32")[None, :, :, None])

    np.testing.assert_array_equal(seen("symmetric", 5), seen("same", 5))
    assert (seen("symmetric", 6) != seen("same", 6)).any()


@pytest.mark.parametrize("padding", ["same", "symmetric"])
@pytest.mark.parametrize("norm", ["instance", "batch", "group", "layer", "none"])
@pytest.mark.parametrize("rank", BLOCKS)
def test_both_data_formats_give_the_same_features(rank, norm, padding):
    x = volume(SHAPES[rank])
    common = {"norm": norm, "groups": 2, "use_bias": True, "strides": 2, "padding": padding}
    last = with_random_weights(BLOCKS[rank](4, **common), x)
    first = BLOCKS[rank](4, **common, data_format="channels_first")
    first.build((None, 3) + (None,) * rank)
    first.set_weights(last.get_weights())
    found = np.moveaxis(features(first, np.moveaxis(x, -1, 1)), 1, -1)
    np.testing.assert_allclose(found, features(last, x), atol=1e-4)


@pytest.mark.parametrize(("norm", "groups"), [("group", 2), ("layer", 1), ("instance", 4)])
def test_group_and_layer_norm_take_their_statistics_over_channels_too(norm, groups):
    x = volume(SHAPES[3])
    block = with_random_weights(Conv3DBlock(4, norm=norm, groups=2, activation=None), x)
    known = weights_of(block)
    mixed = convolved(as_float64(x), known["kernel"], (1, 1, 1))
    expected = normalized(mixed, groups, known["gamma"], known["beta"])
    np.testing.assert_allclose(features(block, x), expected, atol=1e-4)


@pytest.mark.parametrize("norm", ["instance", "group", "layer"])
@pytest.mark.parametrize("rank", BLOCKS)
def test_a_model_of_free_size_takes_any_size(rank, norm):
    inputs = keras.Input((None,) * rank + (3,))
    block = BLOCKS[rank](4, norm=norm, groups=2, strides=2, padding="symmetric")
    model = keras.Model(inputs, block(inputs))
    assert model.output_shape == (None,) * (rank + 1) + (4,)
    for shape in (SHAPES[rank], (1, *(7, 3, 4)[:rank], 3)):
        x = volume(shape)
        np.testing.assert_allclose(as_float64(model(x)), features(block, x), atol=1e-5)
