import keras
import numpy as np
import pytest

from kseg.layers.conv_block import Conv2DBlock, Conv3DBlock
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
from tests.layers.gradients import assert_gradients_are_those_of_finite_differences, gradients

BLOCKS = {2: Conv2DBlock, 3: Conv3DBlock}
# The block of older deeply supervised networks: convolution, dropout, bias, batch norm, ReLU.
SEED_BLOCK = {
    "norm": "batch",
    "norm_momentum": 0.9,
    "activation": "relu",
    "use_bias": True,
    "dropout": 0.5,
}
FIRST = {"data_format": "channels_first"}
IN_3D = [
    ({}, (2, 4, 4, 4, 3), (2, 4, 4, 4, 6), (3, 0)),
    (SEED_BLOCK, (2, 4, 4, 4, 3), (2, 4, 4, 4, 6), (4, 2)),
    ({"strides": (1, 2, 3), "norm": "none"}, (2, 4, 5, 5, 3), (2, 4, 3, 2, 6), (2, 0)),
    ({**FIRST, "strides": 2}, (2, 3, 4, 4, 4), (2, 6, 2, 2, 2), (3, 0)),
    ({"padding": "symmetric", "strides": 2, "norm": "group", "groups": 3},
     (2, 4, 5, 4, 3), (2, 2, 3, 2, 6), (3, 0)),
    ({**FIRST, "padding": "symmetric", "kernel_size": (2, 3, 1), "norm": "layer"},
     (2, 3, 4, 4, 4), (2, 6, 5, 4, 4), (3, 0)),
]  # fmt: skip
IN_2D = [
    ({}, (2, 4, 4, 3), (2, 4, 4, 6), (3, 0)),
    ({**SEED_BLOCK, **FIRST}, (2, 3, 4, 4), (2, 6, 4, 4), (4, 2)),
    ({"strides": (1, 3), "norm": "none"}, (2, 4, 5, 3), (2, 4, 2, 6), (2, 0)),
    ({**FIRST, "padding": "symmetric", "strides": 2, "norm": "group", "groups": 2},
     (2, 3, 4, 5), (2, 6, 2, 3), (3, 0)),
    ({"padding": "symmetric", "kernel_size": (2, 3), "norm": "layer"},
     (2, 4, 4, 3), (2, 5, 4, 6), (3, 0)),
]  # fmt: skip
ARGUMENTS = [
    {},
    SEED_BLOCK,
    {"norm": "none", "kernel_size": (1, 3), "strides": (1, 2), "bias_initializer": "ones"},
    {"norm": None, "activation": None, "kernel_regularizer": keras.regularizers.L2(0.1)},
    {"activation": keras.activations.gelu, "use_bias": True, "kernel_initializer": "ones"},
    {**FIRST, "strides": 2, "padding": "symmetric", "norm": "group", "groups": 2},
    {"norm": "layer", "kernel_initializer": keras.initializers.TruncatedNormal(stddev=0.01)},
]


@pytest.mark.parametrize(
    ("block", "arguments", "shape", "output", "weights"),
    [(Conv3DBlock, *case) for case in IN_3D] + [(Conv2DBlock, *case) for case in IN_2D],
)
def test_it_passes_the_tests_that_keras_gives_its_own_layers(
    block, arguments, shape, output, weights
):
    """Keras' test runs each case in float32, mixed_float16 and mixed_bfloat16."""
    run_layer_test(
        block,
        {"filters": 6, **arguments},
        input_shape=shape,
        expected_output_shape=output,
        expected_num_trainable_weights=weights[0],
        expected_num_non_trainable_weights=weights[1],
        expected_num_seed_generators=1 if "dropout" in arguments else 0,
    )


@pytest.mark.parametrize(
    ("arguments", "biased"),
    [
        ({}, False),
        ({"norm": "batch"}, False),
        ({"norm": "layer"}, False),
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


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_running_statistics_keep_the_share_that_was_asked_for(momentum):
    block = Conv2DBlock(2, kernel_size=1, norm="batch", norm_momentum=momentum)
    x = volume((4, 8, 8, 3))
    block(x, training=True)
    features = as_float64(block.convolution(x)).reshape(-1, 2)
    expected = momentum * 1.0 + (1 - momentum) * features.var(axis=0)
    np.testing.assert_allclose(block.normalization.moving_variance.numpy(), expected, rtol=1e-4)


@pytest.mark.parametrize("momentum", [-0.1, 1.0, "0.9", None, True])
def test_a_momentum_that_forgets_nothing_or_too_much_is_refused(momentum):
    with pytest.raises(ValueError, match="`norm_momentum` must be a number from 0 to below 1"):
        Conv3DBlock(2, norm="batch", norm_momentum=momentum)


@pytest.mark.parametrize("norm", ["batch", "instance", "group", "layer"])
@pytest.mark.parametrize("policy", POLICIES)
def test_the_precision_policy_reaches_every_child(policy, norm):
    block = Conv2DBlock(2, dropout=0.1, norm=norm, groups=1, dtype=policy)
    children = layers_inside(block)
    assert len(children) >= 4
    assert {child.compute_dtype for child in children} == {POLICIES[policy]}
    y = block(volume((1, 4, 4, 1)))
    assert keras.backend.standardize_dtype(y.dtype) == POLICIES[policy]
    assert {weight.dtype for weight in block.trainable_weights} == {"float32"}


def test_weights_keep_the_names_and_the_order_that_model_folders_know():
    block = Conv3DBlock(2, use_bias=True, dropout=0.1, norm="batch", name="down_0_0")
    block.build((None, None, None, None, 1))
    assert [weight.path for weight in block.weights] == [
        "down_0_0/bias",
        "down_0_0/convolution/kernel",
        "down_0_0/norm/gamma",
        "down_0_0/norm/beta",
        "down_0_0/norm/moving_mean",
        "down_0_0/norm/moving_variance",
    ]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", BLOCKS)
def test_the_bias_gets_its_true_gradient_in_bfloat16(rank, data_format):
    """Regression: a sum over the voxels of a patch in bfloat16 came out many times too small."""
    shape = (1, *(8, 32, 32)[-rank:])
    axes = (*shape, 2) if data_format == "channels_last" else (1, 2, *shape[1:])
    block = BLOCKS[rank](
        3, norm="none", activation=None, dtype="mixed_bfloat16", data_format=data_format
    )
    x = volume(axes)
    upstream = np.full(block(x).shape, 1e-3, "float32")
    names = ["input", *(weight.name for weight in block.trainable_weights)]
    found = gradients(block, x, upstream)[names.index("bias")]
    np.testing.assert_allclose(found, [1e-3 * np.prod(shape)] * 3, rtol=0.01)


@pytest.mark.parametrize("norm", ["none", "instance", "group", "layer"])
@pytest.mark.parametrize("rank", BLOCKS)
def test_gradients_agree_with_finite_differences(rank, norm):
    x = volume((2, *(3, 4, 4)[-rank:], 2))
    block = BLOCKS[rank](
        4, norm=norm, groups=2, strides=2, padding="symmetric", use_bias=True, activation="gelu"
    )
    assert_gradients_are_those_of_finite_differences(with_random_weights(block, x), x)


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_a_copy_by_config_gives_equal_outputs(arguments):
    x = volume((2, 4, 4, 4))
    block = with_random_weights(Conv2DBlock(4, **arguments), x)
    again = copied_by_config(block, x)
    np.testing.assert_array_equal(as_float64(again(x)), as_float64(block(x)))
    assert again.get_config() == block.get_config()
    assert [float(loss) for loss in again.losses] == [float(loss) for loss in block.losses]


@pytest.mark.parametrize("rank", BLOCKS)
def test_a_saved_block_loads_with_equal_outputs(tmp_path, rank):
    shape = (4, 4, 4, 2)[-rank - 1 :]
    block = BLOCKS[rank](
        3, activation=keras.activations.gelu, norm="batch", dropout=0.2, padding="symmetric"
    )
    model, again = saved_and_loaded(block, [shape], tmp_path / "model.keras")
    x = volume((2, *shape))
    np.testing.assert_array_equal(as_float64(again(x)), as_float64(model(x)))


def test_a_configuration_from_before_these_arguments_gives_the_same_block():
    config = Conv3DBlock(3, strides=2).get_config()
    again = Conv3DBlock.from_config(
        {key: value for key, value in config.items() if key not in ("padding", "groups")}
    )
    assert again.get_config() == config


def test_the_regulariser_counts_the_kernel_once():
    block = Conv3DBlock(2, kernel_regularizer=keras.regularizers.L2(0.5), use_bias=True)
    block(volume((1, 4, 4, 4, 1)))
    kernel = as_float64(block.convolution.kernel)
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
        ({"strides": None}, "`strides` must be a positive int or 3 of them. Received: strides=No"),
        ({"padding": "valid"}, "`padding` must be one of .* Received: padding='valid'"),
        ({"norm": "spectral"}, "`norm` must be one of .* Received: norm='spectral'"),
        ({"norm": "group", "groups": 4, "filters": 6}, "Received: groups=4, filters=6"),
        ({"norm": "group", "groups": 0}, "`groups` must be a positive int. Received: groups=0"),
        ({"activation": "softrelu"}, "softrelu"),
        ({"dropout": 1.5}, "`dropout` must be from 0 to 1. Received: dropout=1.5"),
        ({"data_format": "channels_middle"}, "Received: data_format='channels_middle'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Conv3DBlock(**{"filters": 2, **arguments})


def test_the_two_dimensional_block_counts_two_sizes():
    with pytest.raises(ValueError, match="`kernel_size` must be a positive int or 2 of them"):
        Conv2DBlock(2, kernel_size=(3, 3, 3))


def test_an_input_of_another_number_of_axes_is_refused():
    with pytest.raises(ValueError, match="must have 2 spatial axes, .* Received: input_shape="):
        Conv2DBlock(2)(volume((1, 4, 4, 4, 1)))


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="a trait of TensorFlow")
@pytest.mark.parametrize(("slices", "kernel_size"), [(2, 3), (2, (3, 1, 1)), (3, 5), (4, 5)])
def test_the_kernel_of_few_slices_gets_its_true_gradient_in_bfloat16(slices, kernel_size):
    """Regression: it was made of memory that nobody wrote, and ended trainings in NaN."""
    import tensorflow as tf

    x = volume((2, slices, 6, 6, 8))

    def gradient(policy):
        block = Conv3DBlock(8, kernel_size, norm="none", activation=None, dtype=policy,
                            kernel_initializer=keras.initializers.HeNormal(seed=1))  # fmt: skip

        @tf.function
        def of_kernel(inputs):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(tf.cast(block(inputs), "float32") ** 2)
            return tape.gradient(loss, block.convolution.kernel.value)

        found = []
        for size in range(1, 6):
            # What was freed is found again by the next who asks for memory.
            freed = tf.fill((3, 500, 999 * size), float("nan"))
            del freed
            found.append(as_float64(of_kernel(x)))
        return found

    expected, found = gradient("float32")[0], gradient("mixed_bfloat16")
    for one in found:
        np.testing.assert_array_equal(one, found[0])
    assert np.abs(found[0] - expected).max() < 0.02 * np.abs(expected).max()
