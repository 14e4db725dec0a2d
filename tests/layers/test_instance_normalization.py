import keras
import numpy as np
import pytest
from keras import ops

from kseg.layers.instance_normalization import InstanceNormalization
from tests.layers.checks import (
    as_float64,
    copied_by_config,
    run_layer_test,
    saved_and_loaded,
    volume,
    with_random_weights,
)
from tests.layers.gradients import gradients
from tests.layers.reference import normalized

KERNEL = "kseg.layers._tensorflow_kernels.fused_instance_norm"
HAS_KERNEL = keras.config.backend() == "tensorflow"
needs_kernel = pytest.mark.skipif(not HAS_KERNEL, reason="the fused kernel is TensorFlow's")
POLICIES = {"float32": "float32", "mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}
# Half the distance between two neighbours of the largest result, which is about 4.
ROUNDING = {"float32": 2e-5, "mixed_bfloat16": 1.6e-2, "mixed_float16": 2e-3}
GAMMA, BETA = np.array([1.0, 0.5, -2.0]), np.array([0.0, 0.25, 1.0])


def reference(x, gamma=1.0, beta=0.0):
    return normalized(x, x.shape[-1], gamma, beta)


def channels(dtype, batch=2, rank=3):
    """Channels like a scan's: means of -300, 40 and 5, spreads of 400, 9 and 0.1."""
    x = volume((batch, *(6, 5, 4)[-rank:], 3)) * [400, 9, 0.1] + [-300, 40, 5]
    return ops.cast(x, dtype)


def a_layer(policy, **arguments):
    layer = InstanceNormalization(dtype=policy, **arguments)
    layer.build((None, None, None, None, 3))
    layer.set_weights([GAMMA, BETA])
    return layer


def without_kernel(monkeypatch):
    if HAS_KERNEL:
        monkeypatch.setattr(KERNEL, lambda *arguments: None)


@pytest.fixture(params=[pytest.param("fused", marks=needs_kernel), "portable"])
def path(request, monkeypatch):
    """Send the layer down one of its two paths and close the other."""
    if request.param == "portable":
        without_kernel(monkeypatch)
    else:
        monkeypatch.setattr(InstanceNormalization, "_portable", None)
    return request.param


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("policy", POLICIES)
def test_both_paths_agree_with_float64_numpy(path, policy, rank):
    x = channels(POLICIES[policy], rank=rank)
    y = a_layer(policy)(x)
    assert keras.backend.standardize_dtype(y.dtype) == POLICIES[policy]
    expected = reference(as_float64(x), GAMMA, BETA)
    assert np.abs(as_float64(y) - expected).max() < 2 * ROUNDING[policy]


@needs_kernel
@pytest.mark.parametrize("policy", POLICIES)
def test_the_gradients_of_both_paths_agree(monkeypatch, policy):
    x, upstream = channels(POLICIES[policy]), volume((2, 6, 5, 4, 3), 1)
    fused = gradients(a_layer(policy), x, upstream)
    without_kernel(monkeypatch)
    for one, other in zip(fused, gradients(a_layer(policy), x, upstream), strict=True):
        assert np.abs(one - other).max() < ROUNDING[policy] * np.abs(one).max()


def test_the_gradient_is_that_of_the_formula(path):
    x, upstream = as_float64(channels("float32")), as_float64(volume((2, 6, 5, 4, 3), 1))
    found = gradients(InstanceNormalization(), ops.cast(x, "float32"), upstream)[0]
    axes = {"axis": (1, 2, 3), "keepdims": True}
    normal, spread = reference(x), np.sqrt(x.var(**axes) + 1e-5)
    centred = upstream - upstream.mean(**axes) - normal * (upstream * normal).mean(**axes)
    np.testing.assert_allclose(found, centred / spread, rtol=2e-3, atol=1e-4)


def test_a_large_mean_in_bfloat16_shifts_nothing(path):
    """Regression: networks whose statistics were rounded to bfloat16 ended in NaN.

    Beyond 64 bfloat16 knows halves only. Every voxel here is such a number, but their mean is not:
    rounded, it shifts the whole channel by a good part of its spread.
    """
    values = np.random.default_rng(0).choice(
        [64.0, 64.5, 65.0], (1, 8, 8, 8, 3), p=[0.53, 0.24, 0.23]
    )
    x = ops.cast(values, "bfloat16")
    expected = reference(values)
    y = InstanceNormalization(dtype="mixed_bfloat16")(x)
    assert np.abs(as_float64(y) - expected).max() < ROUNDING["mixed_bfloat16"]

    axes = {"axis": (1, 2, 3), "keepdims": True}
    mean, variance = (
        as_float64(ops.cast(exact, "bfloat16"))
        for exact in (values.mean(**axes), values.var(**axes))
    )
    rounded = (values - mean) / np.sqrt(variance + 1e-5)
    assert np.abs(rounded - expected).min(axis=(1, 2, 3)).max() > 0.25


def test_a_mean_beyond_float16_survives(path):
    x = ops.cast(1e5 + 100 * volume((1, 8, 8, 8, 3)), "bfloat16")
    y = InstanceNormalization(dtype="mixed_bfloat16")(x)
    expected = reference(as_float64(x))
    assert np.abs(as_float64(y) - expected).max() < 2 * ROUNDING["mixed_bfloat16"]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_constant_channel_gives_zeros_and_finite_gradients(path, policy):
    shape = (2, 4, 4, 4, 3)
    layer, x = InstanceNormalization(dtype=policy), ops.full(shape, 1000.0, POLICIES[policy])
    assert not as_float64(layer(x)).any()
    assert np.isfinite(gradients(layer, x, volume(shape))[0]).all()


def test_a_single_voxel_gives_its_offset(path):
    y = a_layer("float32")(channels("float32")[:, :1, :1, :1])
    np.testing.assert_array_equal(as_float64(y)[:, 0, 0, 0], [BETA, BETA])


def test_a_batch_of_unknown_size_works_inside_a_model():
    layer, inputs = a_layer("float32"), keras.Input((None, None, None, 3))
    model = keras.Model(inputs, layer(inputs))
    model.compile()
    for batch in (1, 3):
        x = channels("float32", batch)
        found = model.predict(ops.convert_to_numpy(x), batch_size=batch, verbose=0)
        np.testing.assert_allclose(found, as_float64(layer(x)), atol=1e-5)


@needs_kernel
def test_a_large_batch_takes_the_path_without_one_kernel_a_sample(monkeypatch):
    from kseg.layers._tensorflow_kernels import MAX_UNSTACKED_BATCH

    layer, x = a_layer("float32"), channels("float32", MAX_UNSTACKED_BATCH + 1)
    expected = reference(as_float64(x), GAMMA, BETA)
    np.testing.assert_allclose(as_float64(layer(x)), expected, atol=1e-4)
    monkeypatch.setattr(InstanceNormalization, "_portable", lambda self, inputs: "portable")
    assert layer.call(x) == "portable"
    assert not isinstance(layer.call(x[:-1]), str)


@pytest.mark.parametrize("dtype", ["float64", "int32"])
def test_types_that_the_kernel_does_not_know_take_the_portable_path(dtype):
    x = ops.cast(channels("float32"), dtype)
    policy = "float64" if dtype == "float64" else "float32"
    y = InstanceNormalization(dtype=policy)(x)
    np.testing.assert_allclose(as_float64(y), reference(as_float64(x)), atol=1e-4)


def test_an_empty_batch_gives_an_empty_batch():
    assert tuple(a_layer("float32")(channels("float32", batch=0)).shape) == (0, 6, 5, 4, 3)


def test_the_channels_may_come_first():
    x = channels("float32")
    layer = InstanceNormalization(axis=1)
    layer.build((None, 3, None, None, None))
    layer.set_weights([GAMMA, BETA])
    found = ops.moveaxis(layer(ops.moveaxis(x, -1, 1)), 1, -1)
    np.testing.assert_allclose(as_float64(found), as_float64(a_layer("float32")(x)), atol=1e-4)


@pytest.mark.parametrize("arguments", [{}, {"axis": 1, "epsilon": 1e-3}])
def test_it_passes_the_tests_that_keras_gives_its_own_layers(arguments):
    shape = (2, 3, 4, 4, 3)
    run_layer_test(
        InstanceNormalization,
        arguments,
        input_shape=shape,
        expected_output_shape=shape,
        expected_num_trainable_weights=2,
        expected_num_non_trainable_weights=0,
        expected_num_seed_generators=0,
    )


def test_weights_stay_float32_under_mixed_precision():
    layer = a_layer("mixed_float16")
    assert {weight.dtype for weight in layer.weights} == {"float32"}


def test_a_copy_by_config_gives_equal_outputs(tmp_path):
    x = volume((2, 4, 4, 4, 3))
    layer = with_random_weights(InstanceNormalization(epsilon=0.5), x)
    np.testing.assert_array_equal(as_float64(copied_by_config(layer, x)(x)), as_float64(layer(x)))
    model, again = saved_and_loaded(layer, [(4, 4, 4, 3)], tmp_path / "model.keras")
    np.testing.assert_array_equal(as_float64(again(x)), as_float64(model(x)))


@pytest.mark.parametrize("epsilon", [0.0, -1e-5, float("nan")])
def test_an_epsilon_that_is_not_above_zero_is_refused(epsilon):
    with pytest.raises(ValueError, match="`epsilon` must be above 0. Received: epsilon="):
        InstanceNormalization(epsilon=epsilon)


def test_a_channel_axis_of_unknown_size_is_refused():
    with pytest.raises(ValueError, match="channel axis must have a known size"):
        InstanceNormalization().build((None, 4, 4, 4, None))
