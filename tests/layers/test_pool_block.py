import keras
import numpy as np
import pytest
from keras import layers, ops

from kseg.layers.pool_block import Pool2DBlock, Pool3DBlock
from tests.layers.checks import (
    POLICIES,
    copied_by_config,
    run_layer_test,
    saved_and_loaded,
    volume,
    with_random_weights,
)

BLOCKS = {2: Pool2DBlock, 3: Pool3DBlock}
REDUCTIONS = {"max": np.max, "mean": np.mean}
KINDS = ("max", "mean", "trainable")


def numbers(tensor):
    return ops.convert_to_numpy(ops.cast(tensor, "float32")).astype("float64")


def windows(x, pool_size, border):
    """Return (batch, windows of each axis ..., places in the window, channels)."""
    rank = len(pool_size)
    if border == "keep":
        ends = [-n % p for n, p in zip(x.shape[1:-1], pool_size, strict=True)]
        x = np.pad(x, [(0, 0), *((0, end) for end in ends), (0, 0)])
    counts = [n // p for n, p in zip(x.shape[1:-1], pool_size, strict=True)]
    x = x[:, *(slice(n * p) for n, p in zip(counts, pool_size, strict=True))]
    split = [size for pair in zip(counts, pool_size, strict=True) for size in pair]
    x = x.reshape(x.shape[0], *split, x.shape[-1])
    inside = range(2, 2 * rank + 1, 2)
    x = np.moveaxis(x, inside, range(rank + 1, 2 * rank + 1))
    return x.reshape(*x.shape[: rank + 1], -1, x.shape[-1])


def pooled(x, block):
    x = windows(x.astype("float64"), block.pool_size, block.border)
    if block.kind != "trainable":
        return REDUCTIONS[block.kind](x, axis=-2)
    return np.sum(x * numbers(block.kernel).reshape(x.shape[-2:]), axis=-2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("border", ["keep", "drop"])
@pytest.mark.parametrize(("shape", "pool_size"), [
    ((2, 4, 6, 4, 3), 2), ((1, 5, 7, 4, 2), (1, 2, 3)), ((2, 7, 6, 3), 2), ((1, 7, 9, 2), (3, 2)),
])  # fmt: skip
def test_it_agrees_with_numpy(kind, border, shape, pool_size):
    x = volume(shape)
    block = BLOCKS[len(shape) - 2](pool_size, kind=kind, border=border)
    with_random_weights(block, x)
    y = block(x)
    assert tuple(y.shape) == block.compute_output_shape(shape)
    np.testing.assert_allclose(numbers(y), pooled(x, block), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_it_passes_the_tests_that_keras_gives_its_own_layers(kind, data_format):
    last = data_format == "channels_last"
    run_layer_test(
        Pool3DBlock,
        {"pool_size": (1, 2, 3), "kind": kind, "data_format": data_format},
        input_shape=(2, 4, 5, 6, 3) if last else (2, 3, 4, 5, 6),
        expected_output_shape=(2, 4, 3, 2, 3) if last else (2, 3, 4, 3, 2),
        expected_num_trainable_weights=1 if kind == "trainable" else 0,
        expected_num_non_trainable_weights=0,
        expected_num_seed_generators=0,
    )
    run_layer_test(
        Pool2DBlock,
        {"kind": kind, "border": "drop", "data_format": data_format},
        input_shape=(2, 4, 5, 3) if last else (2, 3, 4, 5),
        expected_output_shape=(2, 2, 2, 3) if last else (2, 3, 2, 2),
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("size", "border", "expected"),
    [(500, "keep", 250), (500, "drop", 250), (991, "keep", 496), (991, "drop", 495)],
)
def test_the_sizes_are_those_of_the_seed_system(kind, size, border, expected):
    block = Pool2DBlock(kind=kind, border=border)
    shape = (1, expected, expected, 1)
    assert block.compute_output_shape((1, size, size, 1)) == shape
    assert tuple(block(np.zeros((1, size, size, 1), "float32")).shape) == shape


@pytest.mark.parametrize(
    ("kind", "theirs", "zeros_pooled", "zeros_left_out"),
    [
        ("max", layers.MaxPooling2D, 0.0, -3.0),
        ("mean", layers.AveragePooling2D, -1.5, -3.0),
        ("trainable", layers.AveragePooling2D, -1.5, -3.0),
    ],
)
def test_keep_pools_literal_zeros_where_keras_leaves_its_padding_out(
    kind, theirs, zeros_pooled, zeros_left_out
):
    x = np.full((1, 3, 4, 1), -3.0, "float32")
    ours, keras_same = Pool2DBlock(kind=kind)(x), theirs(2, padding="same")(x)
    np.testing.assert_allclose(numbers(ours)[0, 0], -3.0)
    np.testing.assert_allclose(numbers(ours)[0, 1], zeros_pooled)
    np.testing.assert_allclose(numbers(keras_same)[0, 1], zeros_left_out)


@pytest.mark.parametrize("border", ["keep", "drop"])
@pytest.mark.parametrize("policy", ["float32", *POLICIES])
def test_an_untrained_layer_pools_like_the_mean(border, policy):
    x = volume((2, 5, 4, 6, 3))
    untrained = Pool3DBlock(kind="trainable", border=border, dtype=policy)(x)
    mean = pooled(x, Pool3DBlock(kind="mean", border=border))
    exact = 1e-6 if policy == "float32" else 8e-3
    np.testing.assert_allclose(numbers(untrained), mean, atol=exact)


def test_each_channel_has_weights_of_its_own():
    x = volume((1, 4, 4, 2))
    block = Pool2DBlock(kind="trainable")
    block.build(x.shape)
    kernel = np.zeros((2, 2, 1, 2), "float32")
    kernel[0, 1, 0, 0] = kernel[1, 0, 0, 1] = 1.0
    block.set_weights([kernel])
    y = numbers(block(x))
    np.testing.assert_array_equal(y[..., 0], x[:, 0::2, 1::2, 0])
    np.testing.assert_array_equal(y[..., 1], x[:, 1::2, 0::2, 1])


def test_it_is_a_depthwise_convolution():
    x = volume((2, 6, 4, 3))
    block = with_random_weights(Pool2DBlock(kind="trainable"), x)
    theirs = layers.DepthwiseConv2D(2, strides=2, use_bias=False)
    theirs.build(x.shape)
    theirs.set_weights([np.moveaxis(numbers(block.kernel), -2, -1)])
    np.testing.assert_allclose(numbers(block(x)), numbers(theirs(x)), atol=1e-5)


def test_an_initialiser_sees_the_fans_of_one_window():
    block = Pool3DBlock(kind="trainable", kernel_initializer="he_normal")
    block.build((None, None, None, None, 4000))
    assert numbers(block.kernel).std() == pytest.approx(np.sqrt(2 / 8), rel=0.05)


@pytest.mark.parametrize("policy", ["float32", *POLICIES])
def test_the_weights_get_the_gradient_of_the_formula(policy):
    """Of many windows: a sum that is rounded at each step would stand still on its way."""
    x = np.abs(volume((1, 16, 32, 32, 2))).astype(POLICIES.get(policy, "float32"))
    block = Pool3DBlock(kind="trainable", dtype=policy)
    model = keras.Sequential([keras.Input(x.shape[1:], dtype=x.dtype), block])
    model.compile(
        keras.optimizers.SGD(1.0), loss=lambda target, y: ops.mean(ops.cast(y, "float32"))
    )
    before = numbers(block.kernel)
    model.train_on_batch(x, np.zeros((1, 8, 16, 16, 2), "float32"))
    expected = windows(numbers(x), (2, 2, 2), "keep").mean((0, 1, 2, 3)) / 2
    found = before - numbers(block.kernel)
    np.testing.assert_allclose(found.reshape(8, 2), expected, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("border", ["keep", "drop"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_model_of_free_size_takes_every_size(kind, border, data_format):
    free = (None, None, None)
    last = data_format == "channels_last"
    inputs = keras.Input((*free, 2) if last else (2, *free))
    block = Pool3DBlock((2, 2, 3), kind=kind, border=border, data_format=data_format)
    outputs = block(inputs)
    assert tuple(outputs.shape) == ((None, *free, 2) if last else (None, 2, *free))
    model = keras.Model(inputs, outputs)
    for shape in [(2, 4, 6, 6, 2), (1, 5, 3, 7, 2), (3, 4, 5, 8, 2)]:
        x = volume(shape)
        # Keras forgets sizes in a graph after the second one: this is where they are unknown.
        y = model.predict_on_batch(x if last else np.moveaxis(x, -1, 1))
        y = y if last else np.moveaxis(y, 1, -1)
        np.testing.assert_allclose(y, pooled(x, block), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("policy", POLICIES)
def test_mixed_precision_keeps_the_weights_in_float32(kind, policy):
    x = volume((2, 4, 5, 6, 3))
    block = with_random_weights(Pool3DBlock(kind=kind, dtype=policy), x)
    y = block(x)
    assert keras.backend.standardize_dtype(y.dtype) == POLICIES[policy]
    assert {weight.dtype for weight in block.weights} <= {"float32"}
    np.testing.assert_allclose(numbers(y), pooled(x, block), rtol=1e-2, atol=2e-2)


@pytest.mark.parametrize(
    "arguments",
    [
        {"pool_size": [1, 2, 2], "kind": "mean", "border": "drop"},
        {"kind": "trainable", "data_format": "channels_first"},
        {"kind": "trainable", "kernel_initializer": keras.initializers.RandomNormal(seed=3)},
    ],
)
def test_a_copy_by_config_gives_equal_outputs(arguments):
    x = volume((2, 4, 3, 4, 4))
    block = with_random_weights(Pool3DBlock(**arguments), x)
    again = copied_by_config(block, x)
    np.testing.assert_array_equal(numbers(again(x)), numbers(block(x)))
    assert again.get_config() == block.get_config()


def test_a_saved_block_loads_with_equal_outputs(tmp_path):
    block = Pool3DBlock(kind="trainable", kernel_initializer="he_normal")
    model, again = saved_and_loaded(block, [(4, 5, 4, 2)], tmp_path / "model.keras")
    x = volume((2, 4, 5, 4, 2))
    np.testing.assert_array_equal(numbers(again(x)), numbers(model(x)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"pool_size": 0},
            "`pool_size` must be a positive int or 3 of them. Received: pool_size=0",
        ),
        ({"pool_size": (2, 2)}, r"must be a positive int or 3 of them. .*pool_size=\(2, 2\)"),
        ({"kind": "median"}, "`kind` must be one of .* Received: kind='median'"),
        ({"border": "same"}, "`border` must be one of .* Received: border='same'"),
        ({"data_format": "channels_middle"}, "channels_middle"),
        ({"kernel_initializer": "sevens"}, "sevens"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Pool3DBlock(**arguments)


def test_inputs_of_another_rank_are_refused():
    with pytest.raises(ValueError, match="expected ndim=5, found ndim=4"):
        Pool3DBlock()(volume((1, 4, 4, 2)))


def test_a_channel_axis_of_unknown_size_is_refused():
    with pytest.raises(ValueError, match="channel axis must have a known size"):
        Pool2DBlock(kind="trainable").build((None, 4, 4, None))
