import json
import math

import keras
import numpy as np
import pytest

from kseg.models import build, nnunet_arguments, unet
from tests.models.tiny import to_numpy

SIX = (32, 64, 128, 256, 320, 320)


def parameters(*plan, dimensions=3):
    arguments = nnunet_arguments(*plan, dimensions=dimensions)
    return unet(1, 3, **arguments).count_params()


def test_the_plan_of_the_hippocampus_has_as_many_parameters_as_nnunets_network():
    """Heads of all three levels of the decoder are counted, that without a weight, too."""
    assert parameters((32, 64, 128, 256)) == 5_603_177
    assert parameters((32, 64, 128, 256), dimensions=2) == 1_928_489


def test_the_plan_of_the_liver_has_as_many_parameters_as_nnunets_network():
    """Heads of all five levels of the decoder are counted; with one alone it is 31,194,083."""
    assert parameters(SIX) == 31_196_399


@pytest.mark.parametrize(
    ("strides", "flat", "millions"),
    [
        ([1, (1, 2, 2), 2, 2, 2, (1, 2, 2)], 1, 30.7),  # slices of 2.5 mm
        ([1, (1, 2, 2), (1, 2, 2), 2, 2, 2], 2, 30.7),  # slices of 5 mm
    ],
)
def test_plans_of_thick_slices_have_flat_kernels_on_the_finest_levels(strides, flat, millions):
    kernels = [(1, 3, 3)] * flat + [3] * (6 - flat)
    assert round(parameters(SIX, strides, kernels) / 1e6, 1) == millions


@pytest.mark.parametrize(
    ("levels", "weights"),
    [
        (2, None),
        (3, [1.0, 0.0]),
        (4, [2 / 3, 1 / 3, 0.0]),
        (6, [8 / 15, 4 / 15, 2 / 15, 1 / 15, 0.0]),
    ],
)
def test_every_level_of_the_decoder_has_a_head_and_the_coarsest_counts_nothing(levels, weights):
    arguments = nnunet_arguments((4,) * levels)
    assert arguments["deep_supervision"] == levels - 2
    assert arguments["head_weights"] == (weights and pytest.approx(weights))


def test_arguments_pass_through_json_and_build_the_same_network():
    arguments = nnunet_arguments((2, 4), [1, (1, 2, 2)], [(1, 3, 3), 3])
    again = json.loads(json.dumps(arguments))
    shapes = [
        [(w.path, w.shape) for w in build("unet", 1, 3, a).weights] for a in (arguments, again)
    ]
    assert shapes[0] == shapes[1]


def test_kernels_follow_kaimings_normal_law_over_their_inputs():
    keras.utils.set_random_seed(3)
    model = unet(1, 3, **nnunet_arguments((16, 32)))
    fans = {"down_1_1/convolution/kernel": 27 * 32, "enlarge_0/deconvolution/kernel": 8 * 16}
    for path, fan in fans.items():
        kernel = to_numpy(next(w for w in model.weights if w.path == path))
        assert kernel.std() == pytest.approx(math.sqrt(2 / (1 + 0.01**2) / fan), rel=0.05)
        assert np.abs(kernel).max() > 2.5 * kernel.std()  # no tails cut off


def test_blocks_are_those_of_the_plain_convolutional_network():
    model = unet(1, 3, **nnunet_arguments((2, 4)))
    block = model.get_layer("down_1_0")
    assert (block.padding, block.strides, block.norm) == ("symmetric", (2, 2, 2), "instance")
    assert block.normalization.epsilon == 1e-5 and block.bias is not None
    assert block.activating.negative_slope == 0.01


def test_a_plan_of_one_level_is_refused():
    with pytest.raises(ValueError, match="`filters` must have at least 2 levels"):
        nnunet_arguments((32,))
