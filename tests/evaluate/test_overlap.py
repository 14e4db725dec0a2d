import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surface_distance import compute_dice_coefficient

from kseg.evaluate.overlap import Overlap, confusion_matrix, dice_per_label, overlap_of, share


def masks(seed, labels=4, shape=(4, 5, 6)):
    generator = np.random.default_rng(seed)
    return tuple(generator.integers(0, labels, shape).astype(np.uint8) for _ in range(2))


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_dice_equals_surface_distance_s(seed):
    truth, predicted = masks(seed)
    dice = dice_per_label(confusion_matrix(truth, predicted, 4))
    for label in range(4):
        expected = compute_dice_coefficient(truth == label, predicted == label)
        np.testing.assert_allclose(dice[label], expected)


@settings(max_examples=15)
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


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10_000),
    values=st.lists(st.integers(0, 65535), min_size=4, max_size=4, unique=True),
)
def test_values_far_apart_are_counted_like_small_ones(seed, values):
    truth, predicted = masks(seed)
    table = np.array(values, np.uint16)
    np.testing.assert_array_equal(
        confusion_matrix(table[truth], table[predicted], values),
        confusion_matrix(truth, predicted, 4),
    )


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int64, np.uint16, np.uint64])
def test_any_integers_are_counted(dtype):
    truth, predicted = masks(0, labels=2)
    np.testing.assert_array_equal(
        confusion_matrix(truth.astype(dtype), predicted.astype(dtype), 2),
        confusion_matrix(truth, predicted, 2),
    )


def test_region_of_two_labels_is_measured_as_one_mask():
    truth, predicted = masks(3)
    overlap = overlap_of(confusion_matrix(truth, predicted, 4), (1, 3))
    true, found = np.isin(truth, (1, 3)), np.isin(predicted, (1, 3))
    assert overlap == Overlap(int(true.sum()), int(found.sum()), int((true & found).sum()))


def test_share_of_nothing_is_blank():
    neither, only_true, only_predicted = Overlap(0, 0, 0), Overlap(5, 0, 0), Overlap(0, 5, 0)
    assert math.isnan(neither.dice) and math.isnan(neither.iou)
    assert only_true.dice == only_true.iou == only_true.recall == 0.0
    assert math.isnan(only_true.precision) and math.isnan(only_predicted.recall)
    assert only_predicted.precision == 0.0
    assert share(1, 2) == 0.5


def test_dice_and_iou_tell_the_same_in_two_ways():
    overlap = Overlap(truth=8, predicted=6, common=4)
    assert overlap.dice == pytest.approx(8 / 14)
    assert overlap.iou == pytest.approx(overlap.dice / (2 - overlap.dice))


def test_masks_of_two_shapes_are_refused():
    with pytest.raises(ValueError, match="must have the shape"):
        confusion_matrix(np.zeros((2, 2, 2), np.uint8), np.zeros((2, 2, 3), np.uint8), 2)


def test_value_without_a_name_is_refused():
    blank, filled = np.zeros((2, 2), np.uint8), np.full((2, 2), 2, np.uint8)
    with pytest.raises(ValueError, match=r"`predicted` .* \[0, 1\].*Received: \[2\]"):
        confusion_matrix(blank, filled, 2)
    with pytest.raises(ValueError, match="`truth`"):
        confusion_matrix(filled, blank, (0, 1, 5))


def test_negative_values_are_refused():
    with pytest.raises(ValueError, match="no negative values"):
        confusion_matrix(np.zeros((2, 2), np.int16), np.full((2, 2), -1, np.int16), 2)


def test_mask_of_probabilities_is_refused():
    with pytest.raises(ValueError, match="integers"):
        confusion_matrix(np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.float32), 2)
