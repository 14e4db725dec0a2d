import functools
import json

import keras
import numpy as np
import pytest

from kseg.layers import Conv3DBlock
from kseg.models import FACTORIES, block_name, build, taken_arguments, unet
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


@keras.saving.register_keras_serializable("tests")
class ThinBlock(keras.layers.Conv3D):
    """A block that takes a size alone; Keras' own arguments come by **kwargs."""

    def __init__(self, filters, kernel_size=3, *, strides=1, steep=1.0, **kwargs):
        super().__init__(filters, kernel_size, strides=strides, padding="same", **kwargs)
        self.steep = steep


def test_the_blocks_of_the_way_down_may_be_layers_of_ones_own():
    arguments = {"depth": 3, "filters": 2, "convs_per_level": 2}
    theirs = unet(1, 2, block=functools.partial(ThinBlock, steep=2.0), **arguments)
    blocks = [layer for layer in theirs.layers if isinstance(layer, ThinBlock)]
    assert [block.name for block in blocks] == [f"down_{n}_{i}" for n in range(3) for i in range(2)]
    assert [block.filters for block in blocks] == [2, 2, 4, 4, 8, 8]
    assert {block.strides for block in blocks[::2]} == {(1, 1, 1), (2, 2, 2)}
    assert all(block.steep == 2.0 for block in blocks)
    assert isinstance(theirs.get_layer("up_0_0"), Conv3DBlock)


def test_a_block_of_plain_data_is_kseg_s_own_layer_or_a_component():
    data = {"name": "Conv3DBlock", "args": {"norm": "batch"}}
    arguments = {"depth": 2, "filters": 2, "block": data}
    named = build("unet", 1, 2, arguments)
    assert block_name("unet", arguments) == "Conv3DBlock" and block_name("unet", {}) is None
    assert named.get_layer("down_0_0").get_config()["norm"] == "batch"
    assert named.get_layer("up_0_0").get_config()["norm"] == "instance"


@pytest.mark.parametrize("layer", ["AttentionGate", "InstanceNormalization"])
def test_a_layer_without_a_size_is_no_block(layer):
    with pytest.raises(ValueError, match="takes filters, kernel_size, strides"):
        build("unet", 1, 2, {"depth": 2, "filters": 2, "block": {"name": layer, "args": {}}})


def test_a_block_gets_what_it_names_and_its_own_arguments_stay():
    offered = {"filters": 4, "kernel_size": 3, "strides": 2, "norm": "batch", "name": "down"}
    assert "norm" not in taken_arguments(ThinBlock, offered)
    assert taken_arguments(Conv3DBlock, offered) == offered
    fixed = functools.partial(Conv3DBlock, norm="none")
    assert "norm" not in taken_arguments(fixed, offered)
