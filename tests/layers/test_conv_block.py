import keras
import numpy as np
import pytest

from kseg.layers import Conv3DBlock
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

# The block of older deeply supervised networks: convolution, dropout, bias, batch norm, ReLU.
SEED_BLOCK = {"norm": "batch", "activation": "relu", "use_bias": True, "dropout": 0.5}
ARGUMENTS = [
    {},
    SEED_BLOCK,
    {"norm": "none", "kernel_size": (1, 3, 3), "strides": (1, 2, 2), "bias_initializer": "ones"},
    {"norm": None, "activation": None, "kernel_regularizer": keras.regularizers.L2(0.1)},
    {"activation": keras.activations.gelu, "use_bias": True, "kernel_initializer": "ones"},
    {"data_format": "channels_first", "strides": 2},
]


@pytest.mark.parametrize(
    ("arguments", "shape", "output", "weights"),
    [
        ({}, (2, 4, 4, 4, 3), (2, 4, 4, 4, 5), (3, 0)),
        (SEED_BLOCK, (2, 4, 4, 4, 3), (2, 4, 4, 4, 5), (4, 2)),
        ({"strides": (1, 2, 3), "norm": "none"}, (2, 4, 5, 5, 3), (2, 4, 3, 2, 5), (2, 0)),
        ({"data_format": "channels_first", "strides": 2}, (2, 3, 4, 4, 4), (2, 5, 2, 2, 2), (3, 0)),
    ],
)
def test_it_passes_the_tests_that_keras_gives_its_own_layers(arguments, shape, output, weights):
    run_layer_test(
        Conv3DBlock,
        {"filters": 5, **arguments},
        input_shape=shape,
        expected_output_shape=output,
        expected_num_trainable_weights=weights[0],
        expected_num_non_trainable_weights=weights[1],
        expected_num_seed_generators=1 if "dropout" in arguments else 0,
    )


def test_the_default_is_convolution_instance_norm_and_leaky_relu():
    x = volume((2, 3, 4, 5, 3))
    block = with_random_weights(Conv3DBlock(2, kernel_size=1), x)
    kernel, gamma, beta = (as_float64(weight) for weight in block.get_weights())
    mixed = as_float64(x) @ kernel[0, 0, 0]
    spread = np.sqrt(mixed.var((1, 2, 3), keepdims=True) + 1e-5)
    normal = (mixed - mixed.mean((1, 2, 3), keepdims=True)) / spread * gamma + beta
    np.testing.assert_allclose(block(x), np.where(normal > 0, normal, 0.01 * normal), atol=1e-5)


def test_the_block_of_older_networks_works_in_its_order():
    """Convolution, dropout, bias, batch norm, ReLU: see where each shows in a training step."""
    x = np.ones((2, 4, 4, 4, 1), "float32")
    bare = Conv3DBlock(
        2, kernel_size=1, norm="none", activation=None, dropout=0.5, kernel_initializer="ones",
        bias_initializer=keras.initializers.Constant(3.0),
    )  # fmt: skip
    # What is dropped still gets the bias, and what is kept is doubled before it, not with it.
    assert set(np.unique(bare(x, training=True))) == {3.0, 5.0}

    block = Conv3DBlock(2, kernel_size=1, bias_initializer=keras.initializers.Constant(100.0),
                        **SEED_BLOCK)  # fmt: skip
    features = np.asarray(block(volume((2, 4, 4, 4, 3)), training=True))
    moving_mean, moving_variance = block.normalization.get_weights()[2:]
    np.testing.assert_allclose(moving_mean, 1.0, atol=0.05)  # 1 % of a mean that holds the bias
    assert (moving_variance < 1.5).all()
    # The norm took the bias of 100 away again, and ReLU came last: most voxels are 0.
    assert 0.3 < (features == 0).mean() < 0.9 and 0 < features.max() < 10


def test_dropout_and_batch_statistics_stay_out_of_prediction():
    x = volume((2, 4, 4, 4, 3))
    block = with_random_weights(Conv3DBlock(2, kernel_size=1, **SEED_BLOCK), x)
    weights = {weight.name: as_float64(weight) for weight in block.weights}
    mixed = as_float64(x) @ weights["kernel"][0, 0, 0] + weights["bias"]
    scale = weights["gamma"] / np.sqrt(weights["moving_variance"] + 1e-3)
    expected = (mixed - weights["moving_mean"]) * scale + weights["beta"]
    np.testing.assert_allclose(block(x), np.maximum(expected, 0), atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "biased"),
    [
        ({}, False),
        ({"norm": "batch"}, False),
        ({"norm": "none"}, True),
        ({"norm": None}, True),
        ({"use_bias": True}, True),
        ({"norm": "none", "use_bias": False}, False),
    ],
)
def test_there_is_a_bias_where_no_norm_takes_it_away(arguments, biased):
    block = Conv3DBlock(2, **arguments)
    block.build((None, None, None, None, 1))
    assert any(weight.name == "bias" for weight in block.weights) is biased


@pytest.mark.parametrize("policy", POLICIES)
def test_the_precision_policy_reaches_every_child(policy):
    block = Conv3DBlock(2, dropout=0.1, norm="batch", dtype=policy)
    children = layers_inside(block)
    assert len(children) >= 4
    assert {child.compute_dtype for child in children} == {POLICIES[policy]}
    y = block(volume((1, 4, 4, 4, 1)))
    assert keras.backend.standardize_dtype(y.dtype) == POLICIES[policy]
    assert {w.dtype for w in block.trainable_weights} == {"float32"}


def test_both_data_formats_give_the_same_features():
    x = volume((2, 4, 6, 5, 3))
    last = with_random_weights(Conv3DBlock(2, use_bias=True), x)
    first = Conv3DBlock(2, use_bias=True, data_format="channels_first")
    first.build((None, 3, None, None, None))
    first.set_weights(last.get_weights())
    features = np.moveaxis(np.asarray(first(np.moveaxis(x, -1, 1))), 1, -1)
    np.testing.assert_allclose(features, last(x), atol=1e-4)


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=str)
def test_a_copy_by_config_gives_equal_outputs(arguments):
    x = volume((2, 4, 4, 4, 4))
    block = with_random_weights(Conv3DBlock(3, **arguments), x)
    again = copied_by_config(block, x)
    np.testing.assert_array_equal(again(x), block(x))
    assert again.get_config() == block.get_config()
    assert [float(loss) for loss in again.losses] == [float(loss) for loss in block.losses]


def test_a_saved_block_loads_with_equal_outputs(tmp_path):
    x = volume((2, 4, 4, 4, 2))
    block = Conv3DBlock(3, activation=keras.activations.gelu, **{"norm": "batch", "dropout": 0.2})
    model, again = saved_and_loaded(block, [(4, 4, 4, 2)], tmp_path / "model.keras")
    np.testing.assert_array_equal(again(x), model(x))


def test_the_regulariser_counts_the_kernel_once():
    block = Conv3DBlock(2, kernel_regularizer=keras.regularizers.L2(0.5), use_bias=True)
    block(volume((1, 4, 4, 4, 1)))
    kernel = np.asarray(block.convolution.kernel)
    assert [float(loss) for loss in block.losses] == pytest.approx([0.5 * np.square(kernel).sum()])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0}, "`filters` must be a positive int. Received: filters=0"),
        ({"filters": -3}, "`filters` must be a positive int. Received: filters=-3"),
        ({"filters": 2.0}, "`filters` must be a positive int"),
        ({"filters": True}, "`filters` must be a positive int"),
        ({"kernel_size": 0}, "`kernel_size` must be a positive int or 3 of them"),
        ({"kernel_size": (3, 3)}, r"Received: kernel_size=\(3, 3\)"),
        ({"strides": (1, 2, -2)}, "`strides` must be a positive int or 3 of them"),
        ({"strides": (1, 2, 1.5)}, "`strides` must be a positive int or 3 of them"),
        ({"norm": "layer"}, "`norm` must be .* Received: norm='layer'"),
        ({"activation": "softrelu"}, "softrelu"),
        ({"dropout": 1.5}, "Received: rate=1.5"),
        ({"data_format": "channels_middle"}, "channels_middle"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Conv3DBlock(**{"filters": 2, **arguments})
