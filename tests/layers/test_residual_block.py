import keras
import numpy as np
import pytest
from keras import ops
from scipy import ndimage

from kseg.layers.residual_block import Residual2DBlock, Residual3DBlock
from tests.layers.checks import (
    POLICIES,
    copied_by_config,
    layers_inside,
    run_layer_test,
    saved_and_loaded,
    volume,
    with_random_weights,
)

BLOCKS = {2: Residual2DBlock, 3: Residual3DBlock}


def numbers(tensor):
    return ops.convert_to_numpy(ops.cast(tensor, "float32")).astype("float64")


def convolved(x, kernel, strides):
    """Convolve with `kernel // 2` zeros on both sides, as torch and nnU-Net do."""
    result = np.zeros((*x.shape[:-1], kernel.shape[-1]))
    for n, i, o in np.ndindex(len(x), *kernel.shape[-2:]):
        result[n, ..., o] += ndimage.correlate(x[n, ..., i], kernel[..., i, o], mode="constant")
    return result[:, *(slice(None, None, stride) for stride in strides)]


def normalized(x, gamma, beta):
    spatial = tuple(range(1, x.ndim - 1))
    spread = np.sqrt(x.var(spatial, keepdims=True) + 1e-5)
    return (x - x.mean(spatial, keepdims=True)) / spread * gamma + beta


def averaged(x, strides):
    """Return the mean of each window, of a size that the strides divide."""
    for axis, stride in enumerate(strides, 1):
        x = np.mean([np.take(x, range(k, x.shape[axis], stride), axis) for k in range(stride)], 0)
    return x


def leaky(x):
    return np.where(x > 0, x, 0.01 * x)


def residual(x, block):
    """Return what nnU-Net's residual encoder computes with these weights."""
    weights = [numbers(weight) for weight in block.weights]
    y, ones = x, (1,) * len(block.strides)
    for index in range(block.convs):
        kernel, gamma, beta, *weights = weights
        y = leaky(y) if index else y
        y = normalized(convolved(y, kernel, ones if index else block.strides), gamma, beta)
    if block.squeeze_excitation:
        squeeze, squeeze_bias, excite, excite_bias, *weights = weights
        means = y.mean(tuple(range(1, y.ndim - 1)))
        scores = np.maximum(means @ squeeze + squeeze_bias, 0) @ excite + excite_bias
        y = y / (1 + np.exp(-scores)).reshape(len(y), *ones, -1)
    shortcut = averaged(x, block.strides)
    if weights:
        kernel, gamma, beta = weights
        shortcut = normalized(shortcut @ kernel[(0,) * len(ones)], gamma, beta)
    return leaky(y + shortcut)


@pytest.mark.parametrize(
    ("arguments", "shape", "projects"),
    [
        ({}, (2, 4, 3, 4, 2), False),
        ({"filters": 3}, (2, 4, 3, 4, 2), True),
        ({"strides": (1, 2, 3), "kernel_size": (1, 3, 3)}, (1, 3, 4, 6, 2), False),
        ({"filters": 4, "strides": 2, "squeeze_excitation": True}, (2, 4, 4, 4, 2), True),
        ({"convs": 3, "strides": 2}, (2, 6, 4, 2), False),
        ({"convs": 1, "filters": 3}, (2, 6, 4, 2), True),
    ],
)
def test_it_agrees_with_numpy(arguments, shape, projects):
    x = volume(shape)
    block = BLOCKS[len(shape) - 2](**{"filters": 2, "padding": "symmetric", **arguments})
    with_random_weights(block, x)
    # Both signs: kernels that are all positive lead to much the same feature.
    block.set_weights([weight - 0.6 for weight in block.get_weights()])
    assert (block.projection is not None) is projects
    np.testing.assert_allclose(numbers(block(x)), residual(x.astype("float64"), block), atol=1e-4)


def test_both_data_formats_give_the_same_features():
    x, arguments = volume((2, 4, 6, 5, 3)), {"strides": 2, "squeeze_excitation": True}
    last = with_random_weights(Residual3DBlock(2, **arguments), x)
    first = Residual3DBlock(2, data_format="channels_first", **arguments)
    first.build((None, 3, None, None, None))
    first.set_weights(last.get_weights())
    features = np.moveaxis(numbers(first(np.moveaxis(x, -1, 1))), 1, -1)
    np.testing.assert_allclose(features, numbers(last(x)), atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "shape", "output", "weights"),
    [
        ({}, (2, 4, 4, 4, 3), (2, 4, 4, 4, 3), (6, 0, 0)),
        ({"filters": 5, "strides": (1, 2, 2)}, (2, 4, 5, 4, 3), (2, 4, 3, 2, 5), (9, 0, 0)),
        ({"filters": 2, "norm": "batch", "dropout": 0.5, "squeeze_excitation": True},
         (2, 4, 4, 3), (2, 4, 4, 2), (13, 6, 1)),
        ({"filters": 4, "norm": "group", "groups": 2, "padding": "symmetric", "strides": 2,
          "data_format": "channels_first"}, (2, 3, 4, 5, 4), (2, 4, 2, 3, 2), (9, 0, 0)),
        ({"norm": "none", "kernel_size": 2, "convs": 3}, (2, 4, 4, 3), (2, 4, 4, 3), (6, 0, 0)),
    ],
)  # fmt: skip
def test_it_passes_the_tests_that_keras_gives_its_own_layers(arguments, shape, output, weights):
    run_layer_test(
        BLOCKS[len(shape) - 2],
        {"filters": 3, **arguments},
        input_shape=shape,
        expected_output_shape=output,
        expected_num_trainable_weights=weights[0],
        expected_num_non_trainable_weights=weights[1],
        expected_num_seed_generators=weights[2],
    )


def test_the_shortcut_of_an_uneven_size_is_a_mean_without_zeros():
    x = np.full((1, 5, 5, 2), 4.0, "float32")
    block = Residual2DBlock(2, strides=2, norm="none", kernel_initializer="zeros")
    np.testing.assert_allclose(numbers(block(x)), np.full((1, 3, 3, 2), 4.0))


@pytest.mark.parametrize(("convs", "rates"), [(1, [0.5]), (2, [0.5, 0]), (3, [0.5, 0.5, 0])])
def test_nothing_is_dropped_right_before_the_sum(convs, rates):
    block = Residual2DBlock(2, convs=convs, dropout=0.5)
    assert [child.dropout for child in block.convolutions] == rates


def test_dropout_and_batch_statistics_stay_out_of_prediction():
    x = volume((2, 4, 4, 4, 3))
    block = with_random_weights(Residual3DBlock(2, norm="batch", dropout=0.5), x)
    still, first, second = block(x), block(x, training=True), block(x, training=True)
    assert np.abs(numbers(first) - numbers(second)).max() > 1e-3
    means = [weight for weight in block.non_trainable_weights if weight.name == "moving_mean"]
    assert len(means) == 3
    for weight in block.non_trainable_weights:
        if weight.name.startswith("moving"):
            weight.assign(np.ones(weight.shape))
    assert np.abs(numbers(block(x)) - numbers(still)).max() > 1e-3
    np.testing.assert_array_equal(numbers(block(x)), numbers(block(x)))


def test_an_initialiser_given_as_an_object_gives_each_kernel_its_own_numbers():
    block = Residual2DBlock(2, kernel_initializer=keras.initializers.RandomNormal())
    block.build((None, None, None, 2))
    one, other = (numbers(child.convolution.kernel) for child in block.convolutions)
    assert not np.allclose(one, other)


def test_the_regulariser_counts_each_kernel_once():
    block = Residual2DBlock(2, kernel_regularizer=keras.regularizers.L2(0.5), use_bias=True)
    block(volume((1, 4, 4, 3)))
    kernels = [numbers(weight) for weight in block.weights if weight.name == "kernel"]
    assert len(kernels) == 3
    expected = [0.5 * np.square(kernel).sum() for kernel in kernels]
    assert [float(loss) for loss in block.losses] == pytest.approx(expected)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_precision_policy_reaches_every_child(policy):
    block = Residual3DBlock(2, strides=2, dropout=0.1, squeeze_excitation=True, dtype=policy)
    y = block(volume((1, 4, 4, 4, 1)))
    children = layers_inside(block)
    assert len(children) >= 13
    assert {child.compute_dtype for child in children} == {POLICIES[policy]}
    assert keras.backend.standardize_dtype(y.dtype) == POLICIES[policy]
    assert {weight.dtype for weight in block.trainable_weights} == {"float32"}


@pytest.mark.parametrize("padding", ["same", "symmetric"])
def test_a_model_of_free_size_takes_every_size(padding):
    inputs = keras.Input((None, None, None, 3))
    block = Residual3DBlock(
        2, strides=(2, 2, 1), padding=padding, squeeze_excitation=True, norm="batch"
    )
    model = keras.Model(inputs, block(inputs))
    assert tuple(model.output.shape) == (None, None, None, None, 2)
    for shape in [(2, 4, 6, 6, 3), (1, 5, 3, 7, 3), (3, 2, 5, 8, 3)]:
        y = model.predict_on_batch(volume(shape))
        assert y.shape == block.compute_output_shape(shape)
        np.testing.assert_allclose(y, numbers(block(volume(shape))), atol=1e-5)


@pytest.mark.parametrize(
    "arguments",
    [
        {"strides": (1, 2, 1), "padding": "symmetric", "groups": 1, "norm": "group"},
        {"convs": 3, "squeeze_excitation": True, "kernel_regularizer": keras.regularizers.L2(0.1)},
        {"activation": keras.activations.gelu, "use_bias": True, "bias_initializer": "ones"},
        {"kernel_initializer": keras.initializers.RandomNormal(seed=3), "dropout": 0.2},
        {"activation": None, "norm": None, "data_format": "channels_first"},
    ],
)
def test_a_copy_by_config_gives_equal_outputs(arguments):
    x = volume((2, 4, 4, 4, 4))
    block = with_random_weights(Residual3DBlock(3, **arguments), x)
    again = copied_by_config(block, x)
    np.testing.assert_array_equal(numbers(again(x)), numbers(block(x)))
    assert again.get_config() == block.get_config()
    assert [float(loss) for loss in again.losses] == [float(loss) for loss in block.losses]


def test_a_saved_block_loads_with_equal_outputs(tmp_path):
    block = Residual2DBlock(3, strides=2, norm="batch", squeeze_excitation=True)
    model, again = saved_and_loaded(block, [(4, 6, 2)], tmp_path / "model.keras")
    x = volume((2, 4, 6, 2))
    np.testing.assert_array_equal(numbers(again(x)), numbers(model(x)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0}, "`filters` must be a positive int. Received: filters=0"),
        ({"kernel_size": 0}, "`kernel_size` must be a positive int or 3 of them"),
        ({"kernel_size": 2, "padding": "symmetric"}, "`kernel_size` must be odd with padding="),
        ({"strides": (1, 2)}, "`strides` must be a positive int or 3 of them"),
        ({"convs": 0}, "`convs` must be a positive int. Received: convs=0"),
        ({"norm": "spectral"}, "`norm` must be .* Received: norm='spectral'"),
        ({"padding": "valid"}, "`padding` must be .* Received: padding='valid'"),
        ({"activation": "softrelu"}, "softrelu"),
        ({"dropout": 1.5}, "Received: dropout=1.5"),
        ({"data_format": "channels_middle"}, "channels_middle"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Residual3DBlock(**{"filters": 2, **arguments})
