import keras
import numpy as np
import pytest

from kseg.losses.region_cross_entropy import RegionCrossEntropy
from tests.losses.every import REGIONS, voxels
from tests.losses.reference import value_and_gradient


def test_it_agrees_with_the_binary_loss_of_keras():
    labels, logits = voxels({"regions": REGIONS})
    truth = np.stack([np.isin(labels, region) for region in REGIONS], axis=-1)
    oracle = keras.losses.BinaryCrossentropy(from_logits=True)
    expected = float(oracle(truth.astype("float32"), logits))
    assert float(RegionCrossEntropy(REGIONS)(labels, logits)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("size", [50.0, 1e4])
def test_a_voxel_that_is_surely_wrong_still_has_its_full_gradient(size):
    logits = np.array([[[-size, size], [size, -size]]], "float32")
    labels = np.array([[1, 2]])
    value, gradient = value_and_gradient(RegionCrossEntropy([[1], [2]]), labels, logits)
    assert value == pytest.approx(size)
    np.testing.assert_allclose(gradient, [[[-0.25, 0.25], [0.25, -0.25]]], rtol=1e-5)


def test_one_region_is_enough():
    value = RegionCrossEntropy([[1]])(np.array([[0, 1]]), np.zeros((1, 2, 1)))
    assert float(value) == pytest.approx(np.log(2))


def test_an_absent_region_costs_what_its_false_positives_cost():
    labels, logits = np.zeros((1, 2), int), np.array([[[-100.0], [100.0]]])
    assert float(RegionCrossEntropy([[1]])(labels, logits)) == pytest.approx(50)


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], [1.0, float("nan")], 3, [1.0, None]])
def test_wrong_weights_are_refused(weights):
    with pytest.raises(ValueError, match="`region_weights` must be"):
        RegionCrossEntropy([[1], [2]], weights)


def test_logits_with_another_number_of_channels_are_refused():
    with pytest.raises(ValueError, match=r"one channel per region \(3\)"):
        RegionCrossEntropy(REGIONS)(np.zeros((1, 2)), np.zeros((1, 2, 2)))
