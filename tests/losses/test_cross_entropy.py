import numpy as np
import pytest

from kseg.losses import WeightedCrossEntropy
from tests.losses.every import voxels
from tests.losses.reference import cross_entropy, softmax, value_and_gradient


def test_batch_weights_of_two_classes_follow_the_share_of_foreground():
    labels = np.array([[0, 0, 0, 1], [0, 0, 0, 0]])
    logits = np.random.default_rng(0).normal(size=(2, 4, 2))
    share = labels.mean()
    expected = cross_entropy(labels, logits, [share, 1 - share])
    loss = WeightedCrossEntropy("batch", reduction=None)
    np.testing.assert_allclose(np.array(loss(labels, logits)), expected, rtol=1e-5)


@pytest.mark.parametrize("shape", [(2, 4, 4, 4), (3, 5, 4)])
def test_batch_weights_give_the_weight_map_of_a_two_class_network(shape):
    labels, logits = voxels({}, shape, classes=2)
    one_hot = np.eye(2)[labels]
    share = one_hot[..., 1].mean()
    loss_map = -(one_hot * np.log(softmax(logits))).sum(axis=-1)
    weight_map = (one_hot * [share, 1 - share]).sum(axis=-1)
    expected = np.mean(loss_map * weight_map)
    assert float(WeightedCrossEntropy("batch")(labels, logits)) == pytest.approx(expected, rel=1e-5)


def test_a_class_of_a_tenth_of_the_voxels_weighs_ten_times_as_much():
    labels = np.array([[0] * 100 + [1] * 10])
    weights = WeightedCrossEntropy("batch")._weights([1.0 * (labels == k) for k in range(2)])
    assert float(weights[1]) == pytest.approx(10 * float(weights[0]))


def test_doubling_the_weights_doubles_the_loss():
    labels, logits = voxels({})
    single = WeightedCrossEntropy([1.0, 2.0, 3.0])(labels, logits)
    double = WeightedCrossEntropy([2.0, 4.0, 6.0])(labels, logits)
    assert float(double) == pytest.approx(2 * float(single), rel=1e-6)


def test_a_class_that_fills_every_voxel_weighs_nothing_under_batch_weights():
    labels, logits = voxels({})
    value, gradient = value_and_gradient(
        WeightedCrossEntropy("batch"), 0 * labels, logits.astype("float32")
    )
    assert value == 0 and not gradient.any()


def test_a_voxel_that_is_surely_wrong_still_has_its_full_gradient():
    logits = np.array([[[1e4, 0.0]]], "float32")
    value, gradient = value_and_gradient(WeightedCrossEntropy(), np.array([[1]]), logits)
    assert value == 1e4
    np.testing.assert_allclose(gradient, [[[1.0, -1.0]]])


@pytest.mark.parametrize(
    "weights", ["dataset", [1.0], [1.0, -1.0], [1.0, 0.0], [1.0, float("nan")], 3, [1.0, None]]
)
def test_wrong_weights_are_refused(weights):
    with pytest.raises(ValueError, match="`class_weights` must be"):
        WeightedCrossEntropy(weights)


def test_weights_may_come_as_an_array():
    weights = np.array([1.0, 2.0], "float32")
    assert WeightedCrossEntropy(weights).class_weights == [1.0, 2.0]


def test_weights_for_another_number_of_classes_are_refused():
    with pytest.raises(ValueError, match="one weight per class"):
        WeightedCrossEntropy([1.0, 2.0])(np.zeros((1, 2)), np.zeros((1, 2, 3)))
