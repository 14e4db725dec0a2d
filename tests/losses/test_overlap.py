import numpy as np
import pytest

from kseg.losses.dice import SoftDice
from kseg.losses.overlap import OverlapLoss
from kseg.losses.voxels import voxel_labels
from tests.losses.every import BY_OVERLAP, voxels

KINDS = [kind for kind, _ in BY_OVERLAP]


def sums(labels, logits, per="case", background=False, regions=None):
    loss = OverlapLoss(per, background, 1.0, None, regions, None, "overlap")
    found = loss.class_sums(voxel_labels(labels, logits, None, regions), logits)
    return np.array([[np.array(part) for part in entry] for entry in found])


def test_the_sums_are_overlap_predicted_and_true_voxels_of_each_class():
    labels = np.array([[0, 1, 1, 2], [0, 0, 0, 1]])
    logits = 100.0 * np.eye(3)[[[0, 1, 2, 2], [0, 0, 1, 1]]]
    expected = [[[1, 1], [1, 2], [2, 1]], [[1, 0], [2, 0], [1, 0]]]
    np.testing.assert_allclose(sums(labels, logits), expected, atol=1e-6)
    pooled = np.repeat(np.sum(expected, axis=-1, keepdims=True), 2, axis=-1)
    np.testing.assert_allclose(sums(labels, logits, "batch"), pooled, atol=1e-6)


def test_regions_are_read_by_sigmoid_and_may_overlap():
    labels = np.array([[0, 1, 2]])
    found = sums(labels, np.zeros((1, 3, 2)), regions=[[1, 2], [2]])
    np.testing.assert_allclose(found[..., 0], [[1.0, 1.5, 2], [0.5, 1.5, 1]])


@pytest.mark.parametrize("kind", KINDS)
def test_pooling_over_the_batch_gives_every_case_the_same_value(kind):
    labels, logits = voxels({})
    values = np.array(kind(per="batch", reduction=None)(labels, logits))
    assert values.shape == (2,) and values[0] == values[1]


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_arguments_are_refused(kind):
    with pytest.raises(ValueError, match="`per` must be"):
        kind(per="volume")
    for smooth in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="`smooth` must be"):
            kind(smooth=smooth)
    with pytest.raises(ValueError, match="no channel of background"):
        kind(background=True, regions=[[1]])


def test_a_class_that_is_absent_everywhere_leaves_the_others_their_share():
    labels = np.array([[1, 1, 0, 0]])
    right = 100.0 * np.eye(3)[labels]
    wrong = 100.0 * np.eye(3)[[[0, 0, 0, 0]]]
    assert float(SoftDice(smooth=1e-5)(labels, right)) == pytest.approx(0, abs=1e-4)
    assert float(SoftDice(smooth=1e-5)(labels, wrong)) == pytest.approx(0.5, abs=1e-4)
