import keras
import numpy as np
import pytest

from kseg.layers.deconv_block import Deconv2DBlock, DeconvBlock
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
from tests.layers.reference import enlarged, normalized

BLOCKS = {2: Deconv2DBlock, 3: DeconvBlock}
LOW, SKIP = (2, 2, 3, 2, 4), (2, 4, 6, 4, 3)
FLAT_LOW, FLAT_SKIP = (2, 3, 2, 4), (2, 6, 4, 3)
LOWS, SKIPS = {2: FLAT_LOW, 3: LOW}, {2: FLAT_SKIP, 3: SKIP}
FIRST = {"data_format": "channels_first"}


def features(block, x, **arguments):
    return as_float64(block(x, **arguments))


@pytest.mark.parametrize(
    ("block", "arguments", "shape", "output"),
    [
        (DeconvBlock, {}, LOW, (2, 4, 6, 4, 4)),
        (DeconvBlock, {}, (LOW, SKIP), (2, 4, 6, 4, 7)),
        (DeconvBlock, {"fusion": "add", "norm": "instance", "filters": 3}, (LOW, SKIP), SKIP),
        (DeconvBlock, {"strides": (1, 2, 2), "norm": "batch", "use_bias": False}, LOW,
         (2, 2, 6, 4, 4)),
        (DeconvBlock, {**FIRST, "kernel_size": 3, "norm": "group", "groups": 2}, LOW,
         (2, 4, 6, 4, 8)),
        (Deconv2DBlock, {}, (FLAT_LOW, FLAT_SKIP), (2, 6, 4, 7)),
        (Deconv2DBlock, {"kernel_size": (3, 4), "norm": "layer"}, FLAT_LOW, (2, 6, 4, 4)),
        (Deconv2DBlock, {**FIRST, "strides": (1, 3), "norm": "batch"}, FLAT_LOW, (2, 4, 2, 12)),
        (Deconv2DBlock, {"norm": "group", "groups": 2, "activation": "relu"}, FLAT_LOW,
         (2, 6, 4, 4)),
    ],
)  # fmt: skip
def test_it_passes_the_tests_that_keras_gives_its_own_layers(block, arguments, shape, output):
    """Keras' test runs each case in float32, mixed_float16 and mixed_bfloat16."""
    run_layer_test(
        block,
        {"filters": 4, **arguments},
        input_shape=shape,
        expected_output_shape=output,
        expected_num_seed_generators=0,
    )


@pytest.mark.parametrize(
    ("strides", "kernel_size"),
    [
        (2, None),
        ((1, 2, 3), None),
        (2, 2),
        (2, 3),
        (2, 4),
        ((1, 2, 2), (3, 3, 3)),
        ((3, 2, 1), (3, 5, 4)),
    ],
)
@pytest.mark.parametrize("rank", BLOCKS)
def test_every_voxel_paints_its_kernel(rank, strides, kernel_size):
    strides, kernel_size = (
        size[-rank:] if isinstance(size, tuple) else size for size in (strides, kernel_size)
    )
    x = volume(LOWS[rank])
    block = with_random_weights(BLOCKS[rank](3, strides=strides, kernel_size=kernel_size), x)
    kernel, bias = (as_float64(weight) for weight in block.get_weights())
    expected = enlarged(as_float64(x), kernel, block.strides) + bias
    sizes = [size * stride for size, stride in zip(x.shape[1:-1], block.strides, strict=True)]
    assert expected.shape == block.compute_output_shape(x.shape) == (2, *sizes, 3)
    np.testing.assert_allclose(features(block, x), expected, atol=1e-4)


@pytest.mark.parametrize("rank", BLOCKS)
def test_the_seeds_deconvolution_adds_a_constant_bias_and_cuts_at_zero(rank):
    """Transposed convolution with a larger kernel, bias, ReLU; no normalisation."""
    x = volume(LOWS[rank])
    block = BLOCKS[rank](
        3, kernel_size=3, activation="relu",
        kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.01, seed=1),
        bias_initializer=keras.initializers.Constant(0.1),
        kernel_regularizer=keras.regularizers.L2(0.0015),
    )  # fmt: skip
    found = features(block, x, training=True)
    kernel = as_float64(block.get_weights()[0])
    expected = np.maximum(enlarged(as_float64(x), kernel, (2,) * rank) + 0.1, 0)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    penalty = 0.0015 * np.square(kernel).sum()
    assert [float(loss) for loss in block.losses] == pytest.approx([penalty])


@pytest.mark.parametrize(("norm", "groups"), [("instance", 4), ("group", 2), ("layer", 1)])
@pytest.mark.parametrize("rank", BLOCKS)
def test_the_norm_comes_after_the_bias_and_before_the_activation(rank, norm, groups):
    x = volume(LOWS[rank])
    block = BLOCKS[rank](4, norm=norm, groups=2, activation="relu")
    kernel, bias, gamma, beta = map(as_float64, with_random_weights(block, x).get_weights())
    mixed = enlarged(as_float64(x), kernel, (2,) * rank) + bias
    expected = np.maximum(normalized(mixed, groups, gamma, beta), 0)
    np.testing.assert_allclose(features(block, x), expected, atol=1e-4)


@pytest.mark.parametrize("rank", BLOCKS)
def test_the_skip_is_joined_untouched_behind_the_enlarged_features(rank):
    x, skip = volume(LOWS[rank]), volume(SKIPS[rank], 1)
    block = with_random_weights(BLOCKS[rank](3, norm="instance", activation="relu"), x)
    joined = features(block, [x, skip])
    np.testing.assert_array_equal(joined[..., 3:], skip)
    np.testing.assert_array_equal(joined[..., :3], features(block, x))
    assert (joined[..., :3] >= 0).all() and (joined[..., 3:] < 0).any()


@pytest.mark.parametrize("rank", BLOCKS)
def test_a_skip_can_be_added(rank):
    x, skip = volume(LOWS[rank]), volume(SKIPS[rank], 1)
    block = with_random_weights(BLOCKS[rank](3, fusion="add"), x)
    np.testing.assert_allclose(features(block, [x, skip]), features(block, x) + skip, atol=1e-6)


@pytest.mark.parametrize("fusion", ["concat", "add"])
@pytest.mark.parametrize("kernel_size", [None, 3])
@pytest.mark.parametrize("rank", BLOCKS)
def test_both_data_formats_give_the_same_features(rank, kernel_size, fusion):
    x, skip = volume(LOWS[rank]), volume(SKIPS[rank], 1)
    common = {"norm": "instance", "kernel_size": kernel_size, "fusion": fusion}
    last = with_random_weights(BLOCKS[rank](3, **common), x)
    first = BLOCKS[rank](3, **common, data_format="channels_first")
    inputs = [np.moveaxis(x, -1, 1), np.moveaxis(skip, -1, 1)]
    first(inputs)
    first.set_weights(last.get_weights())
    found = np.moveaxis(features(first, inputs), 1, -1)
    np.testing.assert_allclose(found, features(last, [x, skip]), atol=1e-4)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", BLOCKS)
def test_the_bias_gets_its_true_gradient_in_bfloat16(rank, data_format):
    """Regression: a sum over the voxels of a patch in bfloat16 came out many times too small."""
    sizes = (8, 16, 16) if rank == 3 else (64, 64)
    shape = (1, *sizes, 2) if data_format == "channels_last" else (1, 2, *sizes)
    block = BLOCKS[rank](3, dtype="mixed_bfloat16", data_format=data_format)
    x = volume(shape)
    found = gradients(block, x, np.full(block(x).shape, 1e-3, "float32"))[2]
    np.testing.assert_allclose(found, [1e-3 * np.prod(sizes) * 2**rank] * 3, rtol=0.01)


@pytest.mark.parametrize("kernel_size", [None, 3])
@pytest.mark.parametrize("rank", BLOCKS)
def test_gradients_agree_with_finite_differences(rank, kernel_size):
    x = volume(LOWS[rank])
    block = BLOCKS[rank](4, kernel_size=kernel_size, norm="group", groups=2, activation="gelu")
    assert_gradients_are_those_of_finite_differences(with_random_weights(block, x), x)


def test_weights_keep_the_names_and_the_order_that_model_folders_know():
    block = DeconvBlock(2, norm="instance", name="enlarge_0")
    block.build((None, None, None, None, 1))
    assert [weight.path for weight in block.weights] == [
        "enlarge_0/deconvolution/kernel",
        "enlarge_0/deconvolution/bias",
        "enlarge_0/norm/gamma",
        "enlarge_0/norm/beta",
    ]


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
        {"kernel_size": (3, 4, 3), "norm": "group", "groups": 3, "data_format": "channels_first"},
    ],
)
def test_a_copy_by_config_gives_equal_outputs(arguments):
    x = volume((2, 3, 2, 2, 4))
    block = with_random_weights(DeconvBlock(3, **arguments), x)
    again = copied_by_config(block, x)
    np.testing.assert_array_equal(features(again, x), features(block, x))
    assert again.get_config() == block.get_config()


@pytest.mark.parametrize("rank", BLOCKS)
def test_a_saved_block_loads_with_equal_outputs(tmp_path, rank):
    block = BLOCKS[rank](3, norm="batch", kernel_regularizer="l2", kernel_size=3)
    shapes = [LOWS[rank][1:], SKIPS[rank][1:]]
    model, again = saved_and_loaded(block, shapes, tmp_path / "model.keras")
    inputs = [volume(LOWS[rank]), volume(SKIPS[rank])]
    np.testing.assert_array_equal(features(again, inputs), features(model, inputs))


def test_a_configuration_from_before_these_arguments_gives_the_same_block():
    config = DeconvBlock(3, strides=(1, 2, 2)).get_config()
    again = DeconvBlock.from_config(
        {key: value for key, value in config.items() if key not in ("kernel_size", "groups")}
    )
    assert again.get_config() == config


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
        ({"norm": "spectral"}, "`norm` must be one of .* Received: norm='spectral'"),
        ({"norm": "group", "groups": 4, "filters": 6}, "Received: groups=4, filters=6"),
        ({"kernel_size": 1}, "`kernel_size` must be None or at least `strides` on each axis"),
        ({"kernel_size": (3, 1, 3)}, r"Received: kernel_size=\(3, 1, 3\), strides=\(2, 2, 2\)"),
        ({"kernel_size": (3, 3)}, "`kernel_size` must be a positive int or 3 of them"),
        ({"data_format": "channels_middle"}, "Received: data_format='channels_middle'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        DeconvBlock(**{"filters": 2, **arguments})


@pytest.mark.parametrize("inputs", [LOW, (FLAT_LOW, SKIP)])
def test_an_input_of_another_number_of_axes_is_refused(inputs):
    x = volume(inputs) if isinstance(inputs[0], int) else [volume(shape) for shape in inputs]
    with pytest.raises(ValueError, match="must have 2 spatial axes, .* Received: input_shape="):
        Deconv2DBlock(2)(x)
