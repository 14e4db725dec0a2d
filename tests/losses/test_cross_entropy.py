import keras
import numpy as np
import pytest

from kseg.losses import WeightedCrossEntropy
from tests.losses.reference import cross_entropy, slopes, value_and_gradient

CASES = [
    {},
    {"class_weights": [0.5, 2.0, 1.0]},
    {"class_weights": "batch"},
    {"class_weights": [0.5, 2.0, 1.0], "ignore_label": 255},
    {"class_weights": "batch", "ignore_label": 1},
]


def voxels(settings, shape=(2, 2, 3, 2), classes=3, seed=0):
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, shape)
    if "ignore_label" in settings:
        labels[generator.random(shape) < 0.3] = settings["ignore_label"]
    return labels, generator.normal(size=(*shape, classes), scale=2)


@pytest.mark.parametrize("settings", CASES)
def test_values_agree_with_numpy(settings):
    labels, logits = voxels(settings)
    loss = WeightedCrossEntropy(**settings, reduction=None)
    expected = cross_entropy(labels, logits, **settings)
    np.testing.assert_allclose(np.array(loss(labels, logits)), expected, rtol=1e-5)
    np.testing.assert_allclose(np.array(loss(labels[..., None], logits)), expected, rtol=1e-5)


@pytest.mark.parametrize("settings", CASES)
def test_gradients_agree_with_finite_differences(settings):
    labels, logits = voxels(settings)
    loss = WeightedCrossEntropy(**settings)
    _, gradient = value_and_gradient(loss, labels, logits.astype("float32"))
    expected = slopes(lambda x: cross_entropy(labels, x, **settings), logits)
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_batch_weights_of_two_classes_follow_the_share_of_foreground():
    labels = np.array([[0, 0, 0, 1], [0, 0, 0, 0]])
    logits = np.random.default_rng(0).normal(size=(2, 4, 2))
    share = labels.mean()
    expected = cross_entropy(labels, logits, [share, 1 - share])
    loss = WeightedCrossEntropy("batch", reduction=None)
    np.testing.assert_allclose(np.array(loss(labels, logits)), expected, rtol=1e-5)


def test_doubling_the_weights_doubles_the_loss():
    labels, logits = voxels({})
    single = WeightedCrossEntropy([1.0, 2.0, 3.0])(labels, logits)
    double = WeightedCrossEntropy([2.0, 4.0, 6.0])(labels, logits)
    assert float(double) == pytest.approx(2 * float(single), rel=1e-6)


def test_a_sample_weight_weighs_cases_even_if_a_side_has_as_many_voxels():
    labels, logits = voxels({}, shape=(3, 3, 3, 3))
    weight = np.array([1.0, 0.0, 5.0])
    expected = np.mean(weight * cross_entropy(labels, logits))
    value = WeightedCrossEntropy()(labels, logits, sample_weight=weight)
    assert float(value) == pytest.approx(expected, rel=1e-5)


def test_a_case_that_is_ignored_altogether_scores_zero_without_gradient():
    labels = np.array([[9, 9], [0, 1]])
    logits = np.random.default_rng(0).normal(size=(2, 2, 2)).astype("float32")
    loss = WeightedCrossEntropy(ignore_label=9, reduction=None)
    assert np.array(loss(labels, logits))[0] == 0
    _, gradient = value_and_gradient(WeightedCrossEntropy(ignore_label=9), labels, logits)
    assert not gradient[0].any() and gradient[1].any()


def test_a_label_that_is_no_class_gives_nan_for_its_case_only():
    labels = np.array([[0, 5], [0, 1]])
    values = WeightedCrossEntropy(reduction=None)(labels, np.zeros((2, 2, 2)))
    np.testing.assert_array_equal(np.isnan(np.array(values)), [True, False])


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("weights", [None, "batch"])
@pytest.mark.parametrize("truth", ["mixed", "background"])
def test_extreme_logits_give_finite_values_and_gradients(dtype, weights, truth):
    labels, signs = voxels({})
    labels = labels if truth == "mixed" else np.zeros_like(labels)
    logits = keras.ops.cast(1e4 * np.sign(signs), dtype)
    value, gradient = value_and_gradient(WeightedCrossEntropy(weights), labels, logits)
    assert np.isfinite(value) and np.isfinite(gradient).all()


def test_low_precision_logits_are_computed_in_float32():
    labels, logits = voxels({}, shape=(1, 40, 40, 40))
    half = keras.ops.cast(logits, "float16")
    expected = cross_entropy(labels, np.array(half, "float64"))
    value = WeightedCrossEntropy(reduction=None)(labels, half)
    np.testing.assert_allclose(np.array(value), expected, rtol=1e-5)


@pytest.mark.parametrize("settings", CASES)
def test_a_round_trip_keeps_the_value(settings):
    labels, logits = voxels(settings)
    loss = WeightedCrossEntropy(**settings, name="mine")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.name == "mine" and again.get_config() == loss.get_config()
    assert float(again(labels, logits)) == float(loss(labels, logits))


@pytest.mark.parametrize(
    "weights", ["dataset", [1.0], [1.0, -1.0], [1.0, 0.0], [1.0, float("nan")], 3, [1.0, None]]
)
def test_wrong_weights_are_refused(weights):
    with pytest.raises(ValueError, match="`class_weights` must be"):
        WeightedCrossEntropy(weights)


def test_weights_for_another_number_of_classes_are_refused():
    with pytest.raises(ValueError, match="one weight per class"):
        WeightedCrossEntropy([1.0, 2.0])(np.zeros((1, 2)), np.zeros((1, 2, 3)))
