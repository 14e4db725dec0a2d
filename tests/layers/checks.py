"""What the tests of all layers share."""

import functools
import json

import keras
import numpy as np
from keras import ops
from keras.src import testing

POLICIES = {"mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}


def run_layer_test(layer, arguments, **expected):
    """Run Keras' own checks on a layer: build, shapes, training step, mixed precision, config.

    `keras.src` promises nothing from one release to the next: `setup.cfg` pins Keras below 3.16,
    and whoever raises the pin runs this first.
    """
    first = arguments.get("data_format") == "channels_first"
    testing.TestCase().run_layer_test(
        layer,
        arguments,
        run_mixed_precision_check=not first or convolves_channels_first_in_float16(),
        **expected,
    )


@functools.cache
def convolves_channels_first_in_float16() -> bool:
    """Return whether this machine can: on a CPU TensorFlow leaves it to units that few have."""
    try:
        keras.ops.conv(
            keras.ops.zeros((1, 1, 2, 2), "float16"),
            keras.ops.zeros((1, 1, 1, 1), "float16"),
            data_format="channels_first",
        )
    except Exception as error:
        if "NHWC" not in str(error):
            raise
        return False
    return True


def volume(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_float64(tensor):
    return ops.convert_to_numpy(tensor).astype("float64")


def with_random_weights(layer, inputs):
    """Call the layer once, then replace its weights, so that no scale is 1 and no offset 0."""
    layer(inputs)
    generator = np.random.default_rng(1)
    layer.set_weights([generator.uniform(0.2, 1.0, weight.shape) for weight in layer.weights])
    return layer


def copied_by_config(layer, inputs):
    """Return a layer made from the other's configuration as JSON keeps it, with its weights."""
    config = json.loads(json.dumps(layer.get_config()))
    again = type(layer).from_config(config)
    again(inputs)
    again.set_weights(layer.get_weights())
    return again


def saved_and_loaded(layer, shapes, path):
    """Return a model of this one layer, and the same model from a `.keras` file."""
    tensors = [keras.Input(shape) for shape in shapes]
    inputs = tensors if len(tensors) > 1 else tensors[0]
    model = keras.Model(inputs, layer(inputs))
    model.save(path)
    return model, keras.models.load_model(path)


def layers_inside(layer):
    return [child for child in layer._flatten_layers() if child is not layer]
