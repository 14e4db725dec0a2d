import keras
import numpy as np
import pytest
from keras import ops

from kseg.layers.squeeze_excitation import SqueezeExcitation
from tests.layers.checks import (
    POLICIES,
    copied_by_config,
    layers_inside,
    run_layer_test,
    saved_and_loaded,
    volume,
    with_random_weights,
)


def numbers(tensor):
    return ops.convert_to_numpy(ops.cast(tensor, "float32")).astype("float64")


def scaled(x, block):
    squeeze, squeeze_bias, excite, excite_bias = (numbers(weight) for weight in block.weights)
    means = x.mean(tuple(range(1, x.ndim - 1)))
    hidden = np.maximum(means @ squeeze + squeeze_bias, 0)
    scale = 1 / (1 + np.exp(-(hidden @ excite + excite_bias)))
    return x * scale.reshape(len(x), *[1] * (x.ndim - 2), -1)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5, 6), (2, 4, 5, 6), (2, 5, 6)])
def test_it_agrees_with_numpy(shape):
    x = volume(shape)
    block = with_random_weights(SqueezeExcitation(ratio=2), x)
    np.testing.assert_allclose(numbers(block(x)), scaled(x.astype("float64"), block), atol=1e-5)


def test_both_data_formats_give_the_same_features():
    x = volume((2, 3, 4, 5, 6))
    last = with_random_weights(SqueezeExcitation(ratio=2), x)
    first = SqueezeExcitation(ratio=2, data_format="channels_first")
    first.build((None, 6, None, None, None))
    first.set_weights(last.get_weights())
    features = np.moveaxis(numbers(first(np.moveaxis(x, -1, 1))), 1, -1)
    np.testing.assert_allclose(features, numbers(last(x)), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ({"ratio": 2}, (2, 4, 3, 4, 6)),
        ({"filters": 3}, (2, 4, 3, 6)),
        ({"data_format": "channels_first"}, (2, 6, 4, 4, 3)),
    ],
)
def test_it_passes_the_tests_that_keras_gives_its_own_layers(arguments, shape):
    run_layer_test(
        SqueezeExcitation,
        arguments,
        input_shape=shape,
        expected_output_shape=shape,
        expected_num_trainable_weights=4,
        expected_num_non_trainable_weights=0,
        expected_num_seed_generators=0,
    )


@pytest.mark.parametrize(
    ("arguments", "channels", "hidden"),
    [({}, 64, 4), ({}, 8, 1), ({"ratio": 3}, 8, 2), ({"filters": 5}, 8, 5)],
)
def test_the_hidden_layer_has_at_least_one_channel(arguments, channels, hidden):
    block = SqueezeExcitation(**arguments)
    block.build((None, None, None, channels))
    assert tuple(block.squeezing.kernel.shape) == (channels, hidden)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_means_of_many_voxels_are_true_in_half_precision(policy):
    """Their sum is 60 times what float16 holds, and far from every bfloat16."""
    x = (np.abs(volume((1, 32, 32, 32, 4))) + 99).astype("float32")
    half = ops.cast(x, POLICIES[policy])
    block = SqueezeExcitation(filters=1, dtype=policy)
    seen = []
    block.build(half.shape)
    block.squeezing.call = lambda means: seen.append(numbers(means)) or means[:, :1]
    block(half)
    expected = numbers(half).mean((1, 2, 3))
    rounding = 1e-2 if policy == "mixed_bfloat16" else 1e-3
    np.testing.assert_allclose(seen[0], expected, rtol=rounding)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_precision_policy_reaches_every_child(policy):
    x = volume((1, 3, 4, 4, 2))
    block = SqueezeExcitation(dtype=policy)
    y = block(x)
    children = layers_inside(block)
    assert len(children) == 2
    assert {child.compute_dtype for child in children} == {POLICIES[policy]}
    assert keras.backend.standardize_dtype(y.dtype) == POLICIES[policy]
    assert {weight.dtype for weight in block.weights} == {"float32"}


def test_a_model_of_free_size_takes_every_size():
    inputs = keras.Input((None, None, None, 4))
    block = SqueezeExcitation(ratio=2)
    model = keras.Model(inputs, block(inputs))
    assert tuple(model.output.shape) == (None, None, None, None, 4)
    for shape in [(2, 4, 6, 6, 4), (1, 5, 3, 7, 4), (3, 2, 5, 8, 4)]:
        x = volume(shape)
        expected = scaled(x.astype("float64"), block)
        np.testing.assert_allclose(model.predict_on_batch(x), expected, atol=1e-5)


@pytest.mark.parametrize("arguments", [{"ratio": 2}, {"filters": 3}])
def test_a_copy_by_config_gives_equal_outputs(arguments, tmp_path):
    x = volume((2, 4, 3, 4, 4))
    block = with_random_weights(SqueezeExcitation(**arguments), x)
    again = copied_by_config(block, x)
    np.testing.assert_array_equal(numbers(again(x)), numbers(block(x)))
    assert again.get_config() == block.get_config()
    model, again = saved_and_loaded(block, [(4, 3, 4, 4)], tmp_path / "model.keras")
    np.testing.assert_array_equal(numbers(again(x)), numbers(model(x)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ratio": 0}, "`ratio` must be a positive int. Received: ratio=0"),
        ({"ratio": 0.0625}, "`ratio` must be a positive int. Received: ratio=0.0625"),
        ({"filters": -1}, "`filters` must be a positive int or None. Received: filters=-1"),
        ({"data_format": "channels_middle"}, "channels_middle"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        SqueezeExcitation(**arguments)


def test_a_channel_axis_of_unknown_size_is_refused():
    with pytest.raises(ValueError, match="channel axis must have a known size"):
        SqueezeExcitation().build((None, 4, 4, None))
