import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surface_distance import compute_dice_coefficient

from kseg.evaluate.overlap import confusion_matrix, dice_per_label, evaluate_case

NAMES = ("background", "liver", "lesion")


def masks(seed, labels=4, shape=(4, 5, 6)):
    generator = np.random.default_rng(seed)
    return tuple(generator.integers(0, labels, shape).astype(np.uint8) for _ in range(2))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_dice_equals_surface_distance_s(seed):
    truth, predicted = masks(seed)
    dice = dice_per_label(confusion_matrix(truth, predicted, 4))
    for label in range(4):
        expected = compute_dice_coefficient(truth == label, predicted == label)
        np.testing.assert_allclose(dice[label], expected)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_dice_does_not_care_which_mask_is_the_truth(seed):
    truth, predicted = masks(seed)
    forward = dice_per_label(confusion_matrix(truth, predicted, 5))
    np.testing.assert_array_equal(forward, dice_per_label(confusion_matrix(predicted, truth, 5)))


def test_confusion_counts_every_voxel_once():
    truth, predicted = masks(0)
    confusion = confusion_matrix(truth, predicted, 6)
    assert confusion.sum() == truth.size
    assert confusion[2, 3] == ((truth == 2) & (predicted == 3)).sum()


def test_label_in_neither_mask_has_no_dice_and_in_one_mask_has_zero():
    truth = np.zeros((2, 2, 2), np.uint8)
    predicted = truth.copy()
    predicted[0, 0, 0] = 2
    liver, lesion = evaluate_case(truth, predicted, NAMES, (1, 1, 1), "a", "p")
    assert math.isnan(liver.dice)
    assert lesion.dice == 0.0
    assert (lesion.truth_voxels, lesion.predicted_voxels) == (0, 1)


def test_volumes_are_in_millilitres():
    truth = np.zeros((10, 10, 10), np.uint8)
    truth[:4] = 1
    predicted = np.ones_like(truth)
    liver, _ = evaluate_case(truth, predicted, NAMES, (5.0, 2.0, 0.5), "a", "p")
    assert (liver.truth_ml, liver.predicted_ml) == (2.0, 5.0)
    assert liver.dice == pytest.approx(800 / 1400)


def test_masks_of_two_shapes_are_refused():
    with pytest.raises(ValueError, match="must have the shape"):
        confusion_matrix(np.zeros((2, 2, 2), np.uint8), np.zeros((2, 2, 3), np.uint8), 2)


def test_value_without_a_name_is_refused():
    with pytest.raises(ValueError, match="from 0 to 1"):
        confusion_matrix(np.zeros((2, 2), np.uint8), np.full((2, 2), 2, np.uint8), 2)


def test_mask_of_probabilities_is_refused():
    with pytest.raises(ValueError, match="integers"):
        confusion_matrix(np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.float32), 2)
