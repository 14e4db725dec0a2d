import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from kseg.evaluate import components
from kseg.evaluate.lesions import LesionCounts, count_lesions
from tests.evaluate.mask_pairs import mask_pair

EMPTY = np.zeros((8, 8, 8), bool)


def three_lesions():
    mask = EMPTY.copy()
    mask[0:2, 0:2, 0:2] = mask[4, 4, 4] = mask[7, 7, 0:3] = True
    return mask


def counted_slowly(truth, predicted):
    """Look at each piece by itself."""
    touching = np.ones((3, 3, 3))
    true_pieces, trues = ndimage.label(truth, touching)
    predicted_pieces, predictions = ndimage.label(predicted, touching)
    found = sum(predicted[true_pieces == piece].any() for piece in range(1, trues + 1))
    matched = sum(truth[predicted_pieces == piece].any() for piece in range(1, predictions + 1))
    return LesionCounts(trues, predictions, int(found), int(matched))


@settings(max_examples=30)
@given(seed=st.integers(0, 3000), fast=st.booleans())
def test_counts_are_those_of_a_look_at_each_piece(seed, fast):
    truth, predicted, _ = mask_pair(seed)
    with pytest.MonkeyPatch.context() as patch:
        if not fast:
            patch.setattr(components, "cc3d", None)
        assert count_lesions(truth, predicted) == counted_slowly(truth, predicted)


@settings(max_examples=20)
@given(seed=st.integers(0, 3000))
def test_swapping_the_masks_swaps_precision_and_recall(seed):
    truth, predicted, _ = mask_pair(seed)
    forward, backward = count_lesions(truth, predicted), count_lesions(predicted, truth)
    np.testing.assert_equal(forward.precision, backward.recall)
    np.testing.assert_equal(forward.recall, backward.precision)
    np.testing.assert_allclose(forward.f1, backward.f1)


def test_one_voxel_in_common_finds_a_lesion():
    predicted = EMPTY.copy()
    predicted[1:4, 1, 1] = predicted[4, 4, 4] = predicted[5, 0, 0] = predicted[0, 5, 5] = True
    counts = count_lesions(three_lesions(), predicted)
    assert counts == LesionCounts(truth=3, predicted=4, found=2, matched=2)
    assert counts.precision == 0.5 and counts.recall == pytest.approx(2 / 3)
    assert counts.f1 == pytest.approx(4 / 7)


def test_one_piece_over_two_lesions_finds_both():
    counts = count_lesions(three_lesions(), np.ones_like(EMPTY))
    assert counts == LesionCounts(truth=3, predicted=1, found=3, matched=1)
    assert counts.f1 == 1.0


@pytest.mark.parametrize(
    ("truth", "predicted", "expected"),
    [
        (EMPTY, EMPTY, (math.nan, math.nan, math.nan)),
        (EMPTY, three_lesions(), (0.0, math.nan, 0.0)),
        (three_lesions(), EMPTY, (math.nan, 0.0, 0.0)),
        (three_lesions(), three_lesions()[:, ::-1], (0.0, 0.0, 0.0)),
        (three_lesions(), three_lesions(), (1.0, 1.0, 1.0)),
    ],
)
def test_empty_and_missed_follow_the_stated_rules(truth, predicted, expected):
    counts = count_lesions(truth, predicted)
    np.testing.assert_equal((counts.precision, counts.recall, counts.f1), expected)
