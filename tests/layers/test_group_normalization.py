import keras
import numpy as np
import pytest
from keras import ops

from kseg.layers.group_normalization import GroupNormalization
from tests.layers.checks import (
    POLICIES,
    as_float64,
    copied_by_config,
    run_layer_test,
    saved_and_loaded,
    volume,
    with_random_weights,
)
from tests.layers.gradients import assert_gradients_are_those_of_finite_differences
from tests.layers.reference import normalized

SHAPES = [(2, 5, 4, 6), (2, 3, 5, 4, 6), (2, 6)]


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
@pytest.mark.parametrize("shape", SHAPES)
def test_each_group_of_channels_has_its_own_statistics(shape, groups):
    x = volume(shape) * 3 + 5
    layer = with_random_weights(GroupNormalization(groups), x)
    gamma, beta = map(as_float64, layer.get_weights())
    expected = normalized(as_float64(x), groups, gamma, beta)
    np.testing.assert_allclose(as_float64(layer(x)), expected, atol=1e-4)


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_it_agrees_with_the_layer_that_keras_has(groups):
    x = volume(SHAPES[1])
    layer = with_random_weights(GroupNormalization(groups), x)
    peer = keras.layers.GroupNormalization(groups, epsilon=1e-5)
    peer.build(x.shape)
    peer.set_weights(layer.get_weights())
    np.testing.assert_allclose(as_float64(layer(x)), as_float64(peer(x)), atol=1e-5)


def test_the_channels_may_come_first():
    x = volume(SHAPES[1])
    last = with_random_weights(GroupNormalization(3), x)
    first = GroupNormalization(3, axis=1)
    first.build((None, 6, None, None, None))
    first.set_weights(last.get_weights())
    found = np.moveaxis(as_float64(first(np.moveaxis(x, -1, 1))), 1, -1)
    np.testing.assert_allclose(found, as_float64(last(x)), atol=1e-5)


@pytest.mark.parametrize("policy", POLICIES)
def test_statistics_stay_in_float32(policy):
    """Beyond 64 bfloat16 knows halves only: rounded, the mean would shift the whole group."""
    halves = np.random.default_rng(0).choice([64.0, 64.5, 65.0], (1, 8, 8, 8, 4), p=[0.6, 0.3, 0.1])
    y = GroupNormalization(2, dtype=policy)(ops.cast(halves, POLICIES[policy]))
    assert keras.backend.standardize_dtype(y.dtype) == POLICIES[policy]
    assert np.abs(as_float64(y) - normalized(halves, 2)).max() < 1.6e-2


def test_a_constant_group_gives_zeros():
    x = np.full((2, 4, 4, 4), 1000.0, "float32")
    assert not as_float64(GroupNormalization(2)(x)).any()


def test_an_empty_batch_gives_an_empty_batch():
    layer = GroupNormalization(2)
    layer.build((None, 4, 4, 6))
    assert tuple(layer(np.zeros((0, 4, 4, 6), "float32")).shape) == (0, 4, 4, 6)


@pytest.mark.parametrize("groups", [1, 3])
def test_gradients_agree_with_finite_differences(groups):
    x = volume((2, 3, 4, 6))
    layer = with_random_weights(GroupNormalization(groups), x)
    assert_gradients_are_those_of_finite_differences(layer, x)


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [({"groups": 2}, (2, 4, 4, 6)), ({"groups": 1, "axis": 1, "epsilon": 1e-3}, (2, 3, 4, 4, 3))],
)
def test_it_passes_the_tests_that_keras_gives_its_own_layers(arguments, shape):
    run_layer_test(
        GroupNormalization,
        arguments,
        input_shape=shape,
        expected_output_shape=shape,
        expected_num_trainable_weights=2,
        expected_num_non_trainable_weights=0,
        expected_num_seed_generators=0,
    )


def test_a_copy_by_config_gives_equal_outputs(tmp_path):
    x = volume((2, 4, 4, 6))
    layer = with_random_weights(GroupNormalization(3, epsilon=0.5), x)
    np.testing.assert_array_equal(as_float64(copied_by_config(layer, x)(x)), as_float64(layer(x)))
    model, again = saved_and_loaded(layer, [(4, 4, 6)], tmp_path / "model.keras")
    np.testing.assert_array_equal(as_float64(again(x)), as_float64(model(x)))


@pytest.mark.parametrize("groups", [0, -1, 2.0, True])
def test_groups_that_are_no_positive_int_are_refused(groups):
    with pytest.raises(
        ValueError, match=f"`groups` must be a positive int. Received: groups={groups}"
    ):
        GroupNormalization(groups)


def test_groups_that_do_not_divide_the_channels_are_refused():
    with pytest.raises(ValueError, match="`groups` must divide the .* Received: groups=4, input_s"):
        GroupNormalization(4)(volume((1, 4, 6)))
