import keras
import numpy as np
import pytest

from kseg.models import fcn
from tests.models.tiny import dtype_policy, to_numpy

SMALL = {"filters": (2, 3), "dense_filters": 4}


def digits(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=(1, *shape, 1)).astype("float32")


def layers_with_weights(model):
    return [layer for layer in model.layers if layer.weights]


def test_the_network_for_digits_has_the_weights_of_its_dense_twin():
    model = fcn(1, 10)
    assert model.count_params() == 3_274_634
    by_layer = {layer.name: layer.count_params() for layer in layers_with_weights(model)}
    assert by_layer == {
        "conv_0": 5 * 5 * 1 * 32 + 32,
        "conv_1": 5 * 5 * 32 * 64 + 64,
        "dense": 7 * 7 * 64 * 1024 + 1024,
        "head_0": 1024 * 10 + 10,
    }


def test_one_digit_gives_one_prediction_and_a_canvas_a_map():
    model = fcn(1, 10, **SMALL)
    assert model(digits(28, 28)).shape == (1, 1, 1, 10)
    assert model(digits(112, 112)).shape == (1, 22, 22, 10)


def test_a_place_of_the_map_is_the_prediction_of_the_image_there():
    """Away from the border of the image, where the convolutions pad with zeros."""
    model = fcn(1, 3, **SMALL, kernel_size=1)
    canvas = digits(56, 56)
    whole = to_numpy(model(canvas))
    for y, x in ((0, 0), (3, 5), (7, 7)):
        part = canvas[:, 4 * y : 4 * y + 28, 4 * x : 4 * x + 28]
        np.testing.assert_allclose(whole[:, y, x], to_numpy(model(part))[:, 0, 0], atol=1e-5)


def test_it_computes_what_keras_own_dense_layers_compute():
    model = fcn(1, 10, **SMALL)
    twin = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(2, 5, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(3, 5, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation="relu"),
            keras.layers.Dense(10),
        ]
    )
    generator = np.random.default_rng(1)
    for name, layer in zip(("conv_0", "conv_1", "dense", "head_0"), layers_with_weights(twin)):
        ours = {weight.name: weight for weight in model.get_layer(name).weights}
        for weight in layer.weights:
            values = generator.normal(size=weight.shape)
            weight.assign(values)
            ours[weight.name].assign(values.reshape(ours[weight.name].shape))
    image = digits(28, 28)
    expected = to_numpy(twin(image))
    np.testing.assert_allclose(to_numpy(model(image))[:, 0, 0], expected, rtol=1e-4)


@pytest.mark.parametrize(("border", "size"), [("keep", 2), ("drop", 1)])
def test_the_border_of_an_odd_image_is_kept_or_dropped(border, size):
    model = fcn(1, 2, **SMALL, border=border, dense_kernel=6)
    assert model(digits(27, 27)).shape == (1, size, size, 2)


def test_a_volume_has_its_own_network():
    model = fcn(2, 5, dimensions=3, **SMALL, kernel_size=(1, 3, 3), pool="trainable",
                dense_kernel=2)  # fmt: skip
    assert model(np.zeros((1, 8, 12, 8, 2), "float32")).shape == (1, 1, 2, 1, 5)
    assert model.get_layer("conv_0").kernel_size == (1, 3, 3)


def test_initialisers_and_dropout_are_arguments():
    model = fcn(
        1, 10, filters=(2, 2), dense_filters=3, dropout=0.25,
        kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.1),
        bias_initializer=keras.initializers.Constant(0.1),
    )  # fmt: skip
    kernels = [to_numpy(w) for w in model.weights if w.name == "kernel"]
    biases = [to_numpy(w) for w in model.weights if w.name == "bias"]
    assert len(kernels) == len(biases) == 4
    assert all(np.allclose(bias, 0.1) for bias in biases)
    assert all(np.abs(kernel).max() <= 0.2001 for kernel in kernels)
    assert np.concatenate([kernel.ravel() for kernel in kernels]).std() > 0.05
    assert model.get_layer("dropout").rate == 0.25


def test_logits_are_float32_under_any_precision():
    with dtype_policy("mixed_bfloat16"):
        model = fcn(1, 10, **SMALL)
    assert keras.backend.standardize_dtype(model(digits(28, 28)).dtype) == "float32"
    assert model.get_layer("dense").compute_dtype == "bfloat16"


def test_other_dimensions_are_refused():
    with pytest.raises(ValueError, match="`dimensions` must be 2 or 3. Received: dimensions=1"):
        fcn(1, 2, dimensions=1)
