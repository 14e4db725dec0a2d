import keras
import numpy as np
import pytest

from kseg.layers import Conv3DBlock, DeconvBlock
from kseg.models.costs import network_costs


def network():
    inputs = keras.Input((None, None, None, 1))
    fine = Conv3DBlock(8, use_bias=True, name="fine")(inputs)
    coarse = Conv3DBlock(16, strides=2, name="coarse")(fine)
    joined = DeconvBlock(8, name="joined")([coarse, fine])
    return keras.Model(inputs, keras.layers.Conv3D(3, 1, name="head")(joined))


def by_name(costs):
    return {layer.name: layer for layer in costs.layers}


def test_every_weight_is_counted_once_also_those_inside_a_block():
    model = network()
    costs = network_costs(model, (8, 16, 16, 1))
    assert sum(layer.parameters for layer in costs.layers) == model.count_params()
    assert costs.parameters == model.count_params()
    assert by_name(costs)["fine/bias"].parameters == 8


def test_sharing_a_kernel_saves_what_the_text_says():
    """A 10x10 window on 1000x1000 outputs: 100 shared, 10^8 local, 10^12 full."""
    inputs = keras.Input((100, 100, 1))
    convolution = keras.layers.Conv2D(1, 10, padding="same", use_bias=False)
    (cost,) = network_costs(keras.Model(inputs, convolution(inputs)), (100, 100, 1)).layers
    assert cost.parameters == 100
    assert (cost.locally_connected, cost.fully_connected) == (100**2 * 100, 100**4)


def test_a_block_counts_its_layers_with_the_sizes_that_they_see():
    layers = by_name(network_costs(network(), (8, 16, 16, 1)))
    coarse = layers["coarse/convolution"]
    assert coarse.output_shape == (4, 8, 8, 16) and coarse.parameters == 27 * 8 * 16
    assert coarse.locally_connected == 4 * 8 * 8 * coarse.parameters
    assert coarse.fully_connected == (8 * 16 * 16 * 8) * (4 * 8 * 8 * 16)
    # A transposed convolution puts its kernel on each voxel that comes in; one bias a value out.
    joined = layers["joined/deconvolution"]
    assert joined.locally_connected == 4 * 8 * 8 * (8 * 16 * 8) + 8 * 16 * 16 * 8
    assert layers["coarse/norm"].locally_connected == 0


def test_memory_grows_with_the_image_where_the_old_rule_does_not():
    model = network()
    small, large = (network_costs(model, (size, size, size, 1)) for size in (8, 16))
    assert large.activations == 8 * small.activations
    assert small.rule_of_thumb_bytes(2) == large.rule_of_thumb_bytes(2)
    assert small.rule_of_thumb_bytes(2) == 2 * model.count_params() * 12
    weights = 16 * model.count_params()
    assert large.training_bytes(2) - weights == 8 * (small.training_bytes(2) - weights)
    assert small.training_bytes(2, 2) - weights == (small.training_bytes(2) - weights) / 2


def test_counting_leaves_the_network_as_it_was():
    model = network()
    image = np.random.default_rng(0).normal(size=(1, 8, 8, 8, 1)).astype("float32")
    before = keras.ops.convert_to_numpy(model(image))
    network_costs(model, (8, 16, 16, 1))
    assert keras.ops.convert_to_numpy(model(image)) == pytest.approx(before, abs=0)
    assert all("call" not in vars(layer) for layer in model.layers)
