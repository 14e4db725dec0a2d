import keras
import numpy as np
import pytest
import tensorflow as tf

from kseg.layers import DeconvBlock
from tests.layers.checks import (
    POLICIES,
    as_float64,
    copied_by_config,
    layers_inside,
    run_layer_test,
    saved_and_loaded,
    volume,
    with_random_weights,
)

LOW, SKIP = (2, 2, 3, 2, 4), (2, 4, 6, 4, 3)


def enlarged(x, kernel, bias):
    """Give each voxel its own box of results: the kernel is as large as the stride."""
    batch, *size, _ = x.shape
    *strides, filters, _ = kernel.shape
    result = np.empty((batch, *(n * s for n, s in zip(size, strides, strict=True)), filters))
    for dz, dy, dx in np.ndindex(*strides):
        result[:, dz :: strides[0], dy :: strides[1], dx :: strides[2]] = x @ kernel[dz, dy, dx].T
    return result + bias


@pytest.mark.parametrize(
    ("arguments", "shape", "output"),
    [
        ({}, LOW, (2, 4, 6, 4, 3)),
        ({}, (LOW, SKIP), (2, 4, 6, 4, 6)),
        ({"fusion": "add", "norm": "instance"}, (LOW, SKIP), (2, 4, 6, 4, 3)),
        ({"strides": (1, 2, 2), "norm": "batch", "use_bias": False}, LOW, (2, 2, 6, 4, 3)),
    ],
)
def test_it_passes_the_tests_that_keras_gives_its_own_layers(arguments, shape, output):
    run_layer_test(
        DeconvBlock,
        {"filters": 3, **arguments},
        input_shape=shape,
        expected_output_shape=output,
        expected_num_seed_generators=0,
    )


@pytest.mark.parametrize("strides", [2, (1, 2, 3)])
def test_every_voxel_is_enlarged_by_itself(strides):
    x = volume(LOW)
    block = with_random_weights(DeconvBlock(3, strides=strides), x)
    kernel, bias = (as_float64(weight) for weight in block.get_weights())
    np.testing.assert_allclose(block(x), enlarged(as_float64(x), kernel, bias), atol=1e-5)


def test_the_skip_is_joined_untouched_behind_the_enlarged_features():
    x, skip = volume(LOW), volume(SKIP, 1)
    block = with_random_weights(DeconvBlock(3, norm="instance", activation="relu"), x)
    joined = np.asarray(block([x, skip]))
    np.testing.assert_array_equal(joined[..., 3:], skip)
    np.testing.assert_array_equal(joined[..., :3], block(x))
    assert (joined[..., :3] >= 0).all() and (joined[..., 3:] < 0).any()


def test_a_skip_can_be_added():
    x, skip = volume(LOW), volume(SKIP, 1)
    block = with_random_weights(DeconvBlock(3, fusion="add"), x)
    np.testing.assert_allclose(block([x, skip]), np.asarray(block(x)) + skip, atol=1e-6)


def test_both_data_formats_give_the_same_features():
    x, skip = volume(LOW), volume(SKIP, 1)
    last = with_random_weights(DeconvBlock(3, norm="instance"), x)
    first = DeconvBlock(3, norm="instance", data_format="channels_first")
    inputs = [np.moveaxis(x, -1, 1), np.moveaxis(skip, -1, 1)]
    first(inputs)
    first.set_weights(last.get_weights())
    features = np.moveaxis(np.asarray(first(inputs)), 1, -1)
    np.testing.assert_allclose(features, last([x, skip]), atol=1e-5)


def test_the_bias_gets_its_true_gradient_in_bfloat16():
    """Regression: a sum over the voxels of a patch in bfloat16 came out many times too small."""
    x = tf.cast(volume((1, 8, 16, 16, 2)), tf.bfloat16)
    block = DeconvBlock(3, dtype="mixed_bfloat16")
    upstream = tf.fill((1, 16, 32, 32, 3), tf.cast(1e-3, tf.bfloat16))
    with tf.GradientTape() as tape:
        y = block(x)
    bias = block.deconvolution.bias.value
    found = tape.gradient(y, bias, output_gradients=upstream)
    np.testing.assert_allclose(found, as_float64(upstream).sum((0, 1, 2, 3)), rtol=0.01)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_precision_policy_reaches_every_child(policy):
    block = DeconvBlock(2, norm="instance", activation="leaky_relu", dtype=policy)
    children = layers_inside(block)
    assert len(children) == 3
    assert {child.compute_dtype for child in children} == {POLICIES[policy]}
    y = block([volume(LOW), volume(SKIP)])
    assert keras.backend.standardize_dtype(y.dtype) == POLICIES[policy]
    assert {weight.dtype for weight in block.weights} == {"float32"}


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"strides": (1, 2, 1), "norm": "batch", "activation": "relu", "use_bias": False},
        {"fusion": "add", "bias_initializer": "ones", "kernel_initializer": "ones"},
        {"norm": None, "kernel_regularizer": "l2", "activation": keras.activations.gelu},
    ],
    ids=str,
)
def test_a_copy_by_config_gives_equal_outputs(arguments):
    x = volume((2, 3, 2, 2, 4))
    block = with_random_weights(DeconvBlock(3, **arguments), x)
    again = copied_by_config(block, x)
    np.testing.assert_array_equal(again(x), block(x))
    assert again.get_config() == block.get_config()


def test_a_saved_block_loads_with_equal_outputs(tmp_path):
    block = DeconvBlock(3, norm="batch", kernel_regularizer="l2")
    model, again = saved_and_loaded(block, [LOW[1:], SKIP[1:]], tmp_path / "model.keras")
    inputs = [volume(LOW), volume(SKIP)]
    np.testing.assert_array_equal(again(inputs), model(inputs))


@pytest.mark.parametrize("fusion", ["concat", "add"])
def test_a_skip_of_wrong_size_is_refused(fusion):
    with pytest.raises(ValueError, match="must be `strides` times as large .* Received: strides="):
        DeconvBlock(3, fusion=fusion)([volume(LOW), volume((2, 4, 6, 5, 3))])


@pytest.mark.parametrize("fusion", ["concat", "add"])
def test_a_skip_of_wrong_size_is_refused_in_a_model_of_free_size(fusion):
    """Regression: added, a skip of one slice was spread over all slices without a word."""
    inputs = [keras.Input((None, None, None, 4)), keras.Input((None, None, None, 3))]
    model = keras.Model(inputs, DeconvBlock(3, fusion=fusion)(inputs))
    assert model([volume(LOW), volume(SKIP)]).shape[1:4] == SKIP[1:4]
    with pytest.raises(ValueError, match="must be `strides` times as large"):
        model([volume(LOW), volume((2, 1, 6, 4, 3))])


def test_a_skip_of_other_channels_cannot_be_added():
    with pytest.raises(ValueError, match="must have `filters` channels. Received: filters=5"):
        DeconvBlock(5, fusion="add")([volume(LOW), volume(SKIP)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0}, "`filters` must be a positive int. Received: filters=0"),
        ({"strides": 0}, "`strides` must be a positive int or 3 of them"),
        ({"strides": [2, 2]}, "`strides` must be a positive int or 3 of them"),
        ({"fusion": "multiply"}, "`fusion` must be one of .* Received: fusion='multiply'"),
        ({"norm": "layer"}, "`norm` must be"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        DeconvBlock(**{"filters": 2, **arguments})
