import numpy as np
import pytest

from kseg.losses.cross_entropy import WeightedCrossEntropy
from kseg.losses.top_k import TopKCrossEntropy
from tests.losses.every import voxels
from tests.losses.reference import value_and_gradient


@pytest.mark.parametrize("weights", [None, "batch", [0.5, 2.0, 1.0]])
@pytest.mark.parametrize("ignore_label", [None, 255])
def test_with_all_voxels_it_is_cross_entropy(weights, ignore_label):
    settings = {"class_weights": weights, "ignore_label": ignore_label}
    labels, logits = voxels({} if ignore_label is None else settings)
    logits = logits.astype("float32")
    value, gradient = value_and_gradient(TopKCrossEntropy(1.0, **settings), labels, logits)
    expected = value_and_gradient(WeightedCrossEntropy(**settings), labels, logits)
    assert value == pytest.approx(expected[0], rel=1e-6)
    np.testing.assert_allclose(gradient, expected[1], atol=1e-7)


@pytest.mark.parametrize(("share", "count"), [(0.25, 2), (0.3, 2), (0.01, 1), (0.5, 4)])
def test_only_the_hardest_voxels_of_each_case_have_a_gradient(share, count):
    logits = np.zeros((2, 8, 2), "float32")
    logits[0, :, 0] = np.arange(8)
    logits[1, :, 1] = np.arange(8)
    labels = np.zeros((2, 8), int)
    _, gradient = value_and_gradient(TopKCrossEntropy(share), labels, logits)
    chosen = gradient.any(axis=-1)
    np.testing.assert_array_equal(chosen[0], np.arange(8) < count)
    np.testing.assert_array_equal(chosen[1], np.arange(8) >= 8 - count)


def test_ignored_voxels_do_not_count_among_the_voxels_of_a_case():
    logits = np.zeros((1, 20, 2), "float32")
    logits[0, :, 1] = np.arange(20)
    labels = np.zeros((1, 20), int)
    labels[0, 10:] = 255
    _, gradient = value_and_gradient(TopKCrossEntropy(0.2, ignore_label=255), labels, logits)
    np.testing.assert_array_equal(gradient.any(axis=-1)[0], np.isin(np.arange(20), [8, 9]))


def test_equal_voxels_share_one_value_whichever_is_chosen():
    value = TopKCrossEntropy(0.5)(np.zeros((1, 8), int), np.zeros((1, 8, 2)))
    assert float(value) == pytest.approx(np.log(2))


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, float("nan")])
def test_a_wrong_share_is_refused(share):
    with pytest.raises(ValueError, match="`share` must be"):
        TopKCrossEntropy(share)
