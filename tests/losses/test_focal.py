import keras
import numpy as np
import pytest

from kseg.losses.cross_entropy import WeightedCrossEntropy
from kseg.losses.focal import FocalCrossEntropy
from tests.losses.every import voxels
from tests.losses.reference import value_and_gradient


@pytest.mark.parametrize("weights", [None, "batch", [0.5, 2.0, 1.0]])
def test_without_gamma_it_is_cross_entropy(weights):
    settings = {"class_weights": weights, "ignore_label": 255}
    labels, logits = voxels(settings)
    logits = logits.astype("float32")
    focal = value_and_gradient(FocalCrossEntropy(gamma=0, **settings), labels, logits)
    plain = value_and_gradient(WeightedCrossEntropy(**settings), labels, logits)
    assert focal[0] == plain[0]
    np.testing.assert_array_equal(focal[1], plain[1])


def test_it_agrees_with_the_loss_of_keras_where_that_one_does_not_clip():
    labels, logits = voxels({})
    oracle = keras.losses.CategoricalFocalCrossentropy(1.0, 2.0, from_logits=True)
    expected = float(oracle(np.eye(3)[labels], logits))
    assert float(FocalCrossEntropy(2.0)(labels, logits)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("gamma", [0.01, 0.5, 1.0, 2.0, 5.0])
def test_a_voxel_that_is_surely_wrong_still_has_its_full_gradient(gamma):
    for size in (50.0, 1e4):
        logits = np.array([[[size, 0.0, 0.0]]], "float32")
        value, gradient = value_and_gradient(FocalCrossEntropy(gamma), np.array([[1]]), logits)
        assert value == pytest.approx(size)
        np.testing.assert_allclose(gradient, [[[1.0, -1.0, 0.0]]], atol=1e-6)


@pytest.mark.parametrize("gamma", [0.01, 0.5, 2.0])
def test_a_voxel_that_is_surely_right_costs_nothing(gamma):
    for size in (50.0, 70.0, 100.0, 1e4):
        logits = np.array([[[size, 0.0]]], "float32")
        value, gradient = value_and_gradient(FocalCrossEntropy(gamma), np.array([[0]]), logits)
        assert value == 0 and np.abs(gradient).max() < 1e-15


def test_a_larger_gamma_counts_nearly_right_voxels_less():
    labels, logits = np.array([[0]]), np.array([[[3.0, 0.0]]])
    values = [float(FocalCrossEntropy(gamma)(labels, logits)) for gamma in (0.0, 0.5, 1.0, 2.0)]
    assert values == sorted(values, reverse=True)
    wrong = 1 / (1 + np.exp(3.0))
    assert values[-1] == pytest.approx(wrong**2 * values[0], rel=1e-5)


@pytest.mark.parametrize("gamma", [-1.0, float("nan"), float("inf")])
def test_a_wrong_gamma_is_refused(gamma):
    with pytest.raises(ValueError, match="`gamma` must be"):
        FocalCrossEntropy(gamma)
