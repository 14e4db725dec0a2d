import keras
import numpy as np
import pytest
from keras import ops

from kseg.layers.attention_gate import AttentionGate
from tests.layers.checks import (
    POLICIES,
    copied_by_config,
    layers_inside,
    run_layer_test,
    saved_and_loaded,
    volume,
    with_random_weights,
)

# The factors are 1, 2 and 3; the gating has 5 channels, the skip 4.
GATING, SKIP = (2, 4, 3, 2, 5), (2, 4, 6, 6, 4)
FREE = [(None, None, None, 5), (None, None, None, 4)]


def numbers(tensor):
    return ops.convert_to_numpy(ops.cast(tensor, "float32")).astype("float64")


def gated(gating, skip, gate):
    weights = {weight.path.split("/", 1)[1]: numbers(weight) for weight in gate.weights}
    kernel = {name.split("/")[0]: w[..., :, :] for name, w in weights.items() if "kernel" in name}
    kernel = {name: w.reshape(w.shape[-2:]) for name, w in kernel.items()}
    for axis in range(1, skip.ndim - 1):
        gating = np.repeat(gating, skip.shape[axis] // gating.shape[axis], axis)
    mixed = gating @ kernel["gating"] + weights["gating/bias"] + skip @ kernel["skip"]
    score = np.maximum(mixed, 0) @ kernel["score"] + weights["score/bias"]
    return skip / (1 + np.exp(-score))


def random_gate(x, **arguments):
    """Return a gate with weights of both signs: all positive, it would be open everywhere."""
    gate = with_random_weights(AttentionGate(**arguments), x)
    gate.set_weights([weight - 0.6 for weight in gate.get_weights()])
    return gate


@pytest.mark.parametrize(
    ("gating", "skip"),
    [
        (GATING, SKIP),
        (SKIP, SKIP),
        ((2, 3, 2, 5), (2, 6, 2, 4)),
        ((1, 1, 1, 1, 2), (1, 2, 3, 4, 3)),
    ],
)
def test_it_agrees_with_numpy(gating, skip):
    x = [volume(gating), volume(skip, 1)]
    gate = random_gate(x, filters=3)
    expected = gated(*(tensor.astype("float64") for tensor in x), gate)
    assert np.abs(expected).min() < 0.5 * np.abs(x[1]).max()
    np.testing.assert_allclose(numbers(gate(x)), expected, atol=1e-5)


def test_both_data_formats_give_the_same_features():
    x = [volume(GATING), volume(SKIP, 1)]
    last = random_gate(x)
    first = AttentionGate(data_format="channels_first")
    inputs = [np.moveaxis(tensor, -1, 1) for tensor in x]
    first(inputs)
    first.set_weights(last.get_weights())
    features = np.moveaxis(numbers(first(inputs)), 1, -1)
    np.testing.assert_allclose(features, numbers(last(x)), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "shapes"),
    [
        ({}, (GATING, SKIP)),
        ({"filters": 3, "kernel_regularizer": "l2"}, ((2, 2, 3, 4), (2, 4, 3, 2))),
        ({"data_format": "channels_first"}, ((2, 3, 2, 2, 2), (2, 4, 2, 4, 6))),
    ],
)
def test_it_passes_the_tests_that_keras_gives_its_own_layers(arguments, shapes):
    run_layer_test(
        AttentionGate,
        arguments,
        input_shape=shapes,
        expected_output_shape=shapes[1],
        expected_num_trainable_weights=5,
        expected_num_non_trainable_weights=0,
        expected_num_seed_generators=0,
        expected_num_losses=3 if "kernel_regularizer" in arguments else 0,
    )


@pytest.mark.parametrize(("filters", "channels", "found"), [(None, 6, 3), (None, 1, 1), (7, 6, 7)])
def test_both_are_compared_in_half_of_the_channels_of_the_skip(filters, channels, found):
    gate = AttentionGate(filters)
    gate.build([(None, None, None, 5), (None, None, None, channels)])
    assert (gate.gating_mix.filters, gate.skip_mix.filters) == (found, found)


def test_an_initialiser_given_as_an_object_gives_each_kernel_its_own_numbers():
    gate = AttentionGate(3, kernel_initializer=keras.initializers.RandomNormal())
    gate.build([(None, None, None, 5), (None, None, None, 5)])
    gating, skip = (numbers(mix.convolution.kernel) for mix in (gate.gating_mix, gate.skip_mix))
    assert not np.allclose(gating, skip)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_precision_policy_reaches_every_child(policy):
    x = [volume(GATING), volume(SKIP, 1)]
    gate = random_gate(x, dtype=policy)
    children = layers_inside(gate)
    assert len(children) == 6
    assert {child.compute_dtype for child in children} == {POLICIES[policy]}
    y = gate(x)
    assert keras.backend.standardize_dtype(y.dtype) == POLICIES[policy]
    assert {weight.dtype for weight in gate.weights} == {"float32"}
    np.testing.assert_allclose(numbers(y), gated(*x, gate), atol=5e-2)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_model_of_free_size_takes_every_size(data_format):
    def moved(shape):
        return shape if data_format == "channels_last" else (shape[-1], *shape[:-1])

    inputs = [keras.Input(moved(shape)) for shape in FREE]
    gate = AttentionGate(data_format=data_format)
    model = keras.Model(inputs, gate(inputs))
    assert tuple(model.output.shape) == (None, *moved(FREE[1]))
    for factors in [(1, 2, 2), (2, 1, 3), (1, 1, 1)]:
        x = [volume(GATING), volume((2, 4 * factors[0], 3 * factors[1], 2 * factors[2], 4), 1)]
        last = data_format == "channels_last"
        y = model.predict_on_batch(x if last else [np.moveaxis(t, -1, 1) for t in x])
        np.testing.assert_allclose(y if last else np.moveaxis(y, 1, -1), gated(*x, gate), atol=1e-5)


@pytest.mark.parametrize("gating", [(2, 4, 4, 2, 5), (2, 8, 3, 2, 5)])
def test_a_gating_that_does_not_fit_is_refused(gating):
    inputs = [keras.Input(shape) for shape in FREE]
    model = keras.Model(inputs, AttentionGate()(inputs))
    for call in (AttentionGate(), model, model.predict_on_batch):
        with pytest.raises(ValueError, match="must be a whole number of times as large"):
            call([volume(gating), volume(SKIP)])


@pytest.mark.parametrize("gating", [(2, 6, 2, 5), (2, 3, 5)])
def test_a_gating_of_another_rank_is_refused(gating):
    with pytest.raises(ValueError, match="must have 4 axes or 5, both as many"):
        AttentionGate()([volume(gating), volume(SKIP)])


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"filters": 3, "kernel_regularizer": keras.regularizers.L2(0.1)},
        {"kernel_initializer": keras.initializers.RandomNormal(seed=3)},
    ],
)
def test_a_copy_by_config_gives_equal_outputs(arguments, tmp_path):
    x = [volume(GATING), volume(SKIP, 1)]
    gate = random_gate(x, **arguments)
    again = copied_by_config(gate, x)
    np.testing.assert_array_equal(numbers(again(x)), numbers(gate(x)))
    assert again.get_config() == gate.get_config()
    assert [float(loss) for loss in again.losses] == [float(loss) for loss in gate.losses]
    model, again = saved_and_loaded(gate, [GATING[1:], SKIP[1:]], tmp_path / "model.keras")
    np.testing.assert_array_equal(numbers(again(x)), numbers(model(x)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0}, "`filters` must be a positive int or None. Received: filters=0"),
        ({"filters": 1.5}, "`filters` must be a positive int or None. Received: filters=1.5"),
        ({"data_format": "channels_middle"}, "channels_middle"),
        ({"kernel_initializer": "sevens"}, "sevens"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        AttentionGate(**arguments)
