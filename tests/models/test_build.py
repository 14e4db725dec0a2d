import json

import numpy as np
import pytest

from kseg.models import FACTORIES, build
from tests.models.tiny import to_numpy


def test_a_network_is_built_by_name_from_plain_arguments():
    model = build("unet", 2, 5, {"depth": 3, "filters": 2, "deep_supervision": 1})
    assert model.input_shape == (None, None, None, None, 2)
    assert [head.shape[-1] for head in model.output.values()] == [5, 5]


def test_an_unknown_network_is_refused():
    with pytest.raises(
        ValueError, match=r"must be one of \['fcn', 'unet'\]. Received: name='vnet'"
    ):
        build("vnet", 1, 2, {})


def test_an_unknown_argument_is_refused():
    with pytest.raises(TypeError, match="width"):
        build("unet", 1, 2, {"width": 3})


def test_every_factory_takes_channels_and_classes_first():
    small = {"unet": {"depth": 2, "filters": 2}, "fcn": {"filters": (2,), "dense_filters": 2}}
    for name, factory in FACTORIES.items():
        model = factory(1, 2, dimensions=3, **small[name])
        assert model.input_shape == (None, None, None, None, 1)
        assert model.output_shape[-1] == 2


def test_initialisers_and_regularisers_are_plain_data():
    arguments = {
        "filters": 2,
        "kernel_initializer": {"class_name": "TruncatedNormal", "config": {"stddev": 0.01}},
        "bias_initializer": {"class_name": "Constant", "config": {"value": 0.1}},
        "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.0015}},
    }
    model = build("unet", 1, 2, json.loads(json.dumps(arguments)))
    kernels = [to_numpy(weight) for weight in model.weights if weight.name == "kernel"]
    biases = [to_numpy(weight) for weight in model.weights if weight.name == "bias"]
    assert biases and all(np.allclose(bias, 0.1) for bias in biases)
    assert all(np.abs(kernel).max() <= 0.02 for kernel in kernels)
    assert len(model.losses) == len(kernels) - 1  # one of them is the head's


@pytest.mark.parametrize(
    "thing",
    [
        {"class_name": "system", "module": "os", "config": "true"},
        {"class_name": "function", "module": "builtins", "config": "print"},
        {"class_name": "__lambda__", "config": {"value": "x"}},
        {"class_name": "L2", "module": "keras.regularizers", "config": {"l2": 1.0}},
        {"class_name": "L2", "config": {"l2": {"class_name": "system", "module": "os"}}},
    ],
)
@pytest.mark.parametrize("key", ["kernel_regularizer", "activation", "anything"])
def test_arguments_from_a_strangers_folder_name_no_code(thing, key):
    for value in (thing, [1, {"deeper": thing}]):
        with pytest.raises(ValueError, match="An object must be one of"):
            build("unet", 1, 2, {key: value})
