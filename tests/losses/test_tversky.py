import keras
import numpy as np
import pytest

from kseg.losses.dice import SoftDice
from kseg.losses.tversky import Tversky
from tests.losses.every import REGIONS, voxels
from tests.losses.reference import value_and_gradient


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"per": "batch", "background": True, "smooth": 1e-5},
        {"ignore_label": 255, "smooth": 0.1},
        {"regions": REGIONS, "per": "batch", "ignore_label": 255},
    ],
)
def test_with_halves_it_is_soft_dice(settings):
    labels, logits = voxels(settings)
    logits = logits.astype("float32")
    value, gradient = value_and_gradient(Tversky(0.5, 0.5, **settings), labels, logits)
    expected = value_and_gradient(SoftDice(**settings), labels, logits)
    assert value == pytest.approx(expected[0], rel=1e-5)
    np.testing.assert_allclose(gradient, expected[1], atol=1e-7)


def test_with_halves_it_is_the_loss_of_keras():
    labels, logits = voxels({})
    oracle = keras.losses.Tversky(0.5, 0.5, axis=(1, 2, 3), reduction=None)
    truth = np.eye(3, dtype="float32")[labels]
    expected = np.array(oracle(truth, keras.ops.softmax(logits)))
    loss = Tversky(0.5, 0.5, background=True, smooth=1e-7, reduction=None)
    np.testing.assert_allclose(np.array(loss(labels, logits)), expected.mean(axis=-1), rtol=1e-4)


def test_alpha_weighs_false_positives_and_beta_false_negatives():
    labels = np.array([[1, 1, 0, 0]])
    one_too_many = 100.0 * np.eye(2)[[[1, 1, 1, 0]]]
    one_missed = 100.0 * np.eye(2)[[[1, 0, 0, 0]]]
    loss = Tversky(alpha=0.2, beta=0.9, smooth=1e-5)
    expected = [1 - 2 / (2 + 0.2), 1 - 1 / (1 + 0.9)]
    found = [float(loss(labels, logits)) for logits in (one_too_many, one_missed)]
    assert found == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 4 / 3, 3.0])
def test_a_class_that_is_absent_and_not_predicted_costs_nothing(gamma):
    labels = np.zeros((1, 4), int)
    logits = np.zeros((1, 4, 2), "float32")
    logits[..., 0] = 100.0
    value, gradient = value_and_gradient(Tversky(gamma=gamma), labels, logits)
    assert value <= 1e-7 ** (1 / gamma) * (1 + 1e-5) and np.isfinite(gradient).all()
    one_voxel = logits.copy()
    one_voxel[0, 0] = [0, 100.0]
    expected = (1 - 1 / (2 * 0.3 + 1)) ** (1 / gamma)
    assert float(Tversky(gamma=gamma)(labels, one_voxel)) == pytest.approx(expected, rel=1e-5)


def test_a_larger_gamma_raises_the_share_of_classes_that_are_nearly_right():
    labels, logits = voxels({})
    values = [float(Tversky(gamma=gamma)(labels, logits)) for gamma in (0.5, 1.0, 4 / 3, 3.0)]
    assert values == sorted(values) and values[-1] < 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"alpha": -0.1},
        {"beta": float("nan")},
        {"alpha": 0.0, "beta": 0.0},
        {"gamma": 0.0},
        {"gamma": float("inf")},
    ],
)
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises(ValueError, match="must be"):
        Tversky(**arguments)
