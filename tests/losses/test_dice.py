import keras
import numpy as np
import pytest

from kseg.losses import SoftDice
from tests.losses.reference import slopes, soft_dice, value_and_gradient
from tests.losses.test_cross_entropy import voxels

CASES = [
    {},
    {"background": True, "smooth": 1e-5},
    {"per": "batch"},
    {"per": "batch", "background": True, "ignore_label": 255},
    {"ignore_label": 1, "smooth": 0.1},
]


@pytest.mark.parametrize("settings", CASES)
def test_values_agree_with_numpy(settings):
    labels, logits = voxels(settings)
    loss = SoftDice(**settings, reduction=None)
    expected = soft_dice(labels, logits, **settings)
    np.testing.assert_allclose(np.array(loss(labels, logits)), expected, rtol=1e-5)
    np.testing.assert_allclose(np.array(loss(labels[..., None], logits)), expected, rtol=1e-5)


@pytest.mark.parametrize("settings", CASES)
def test_gradients_agree_with_finite_differences(settings):
    labels, logits = voxels(settings)
    _, gradient = value_and_gradient(SoftDice(**settings), labels, logits.astype("float32"))
    expected = slopes(lambda x: soft_dice(labels, x, **settings), logits)
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_a_perfect_map_scores_zero_and_a_missed_one_nearly_one():
    labels = np.array([[0, 0, 1, 1, 1, 1]])
    right = 100.0 * np.eye(2)[labels]
    assert float(SoftDice()(labels, right)) == pytest.approx(0, abs=1e-6)
    assert float(SoftDice(smooth=1e-5)(labels, 100.0 - right)) == pytest.approx(1, abs=1e-5)


def test_an_absent_class_scores_by_what_it_is_given():
    labels = np.zeros((1, 4), int)
    nothing, one_voxel = np.zeros((1, 4, 2)), np.zeros((1, 4, 2))
    nothing[..., 0] = one_voxel[..., 0] = 100.0
    one_voxel[0, 0] = [0, 100.0]
    assert float(SoftDice()(labels, nothing)) == pytest.approx(0, abs=1e-6)
    assert float(SoftDice()(labels, one_voxel)) == pytest.approx(0.5, abs=1e-6)


def test_pooling_over_the_batch_gives_every_case_the_same_value():
    labels, logits = voxels({})
    values = np.array(SoftDice("batch", reduction=None)(labels, logits))
    assert values.shape == (2,) and values[0] == values[1]


def test_a_sample_weight_weighs_cases_even_if_a_side_has_as_many_voxels():
    labels, logits = voxels({}, shape=(3, 3, 3, 3))
    weight = np.array([1.0, 0.0, 5.0])
    value = SoftDice()(labels, logits, sample_weight=weight)
    assert float(value) == pytest.approx(np.mean(weight * soft_dice(labels, logits)), rel=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("smooth", [1e-8, 1e-5, 1.0])
@pytest.mark.parametrize("per", ["case", "batch"])
@pytest.mark.parametrize("truth", ["mixed", "background", "ignored"])
def test_extreme_logits_and_empty_classes_give_finite_gradients(dtype, smooth, per, truth):
    labels, signs = voxels({})
    labels = {"mixed": labels, "background": 0 * labels, "ignored": 0 * labels + 255}[truth]
    loss = SoftDice(per, background=True, smooth=smooth, ignore_label=255)
    sure_background = np.zeros_like(signs)
    sure_background[..., 0] = 1
    for extreme in (np.sign(signs), sure_background, 2e-3 * sure_background, 0 * signs):
        logits = keras.ops.cast(1e4 * extreme, dtype)
        value, gradient = value_and_gradient(loss, labels, logits)
        assert np.isfinite(value) and np.isfinite(gradient).all()
        assert np.abs(gradient).max() <= 1


def test_sums_over_many_voxels_do_not_overflow_in_half_precision():
    labels, logits = voxels({}, shape=(1, 64, 48, 48))
    half = keras.ops.cast(logits, "float16")
    expected = soft_dice(labels, np.array(half, "float64"))
    value = SoftDice(reduction=None)(labels, half)
    np.testing.assert_allclose(np.array(value), expected, rtol=1e-5)


@pytest.mark.parametrize("settings", CASES)
def test_a_round_trip_keeps_the_value(settings):
    labels, logits = voxels(settings)
    loss = SoftDice(**settings, name="mine")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.name == "mine" and again.get_config() == loss.get_config()
    assert float(again(labels, logits)) == float(loss(labels, logits))


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="`per` must be"):
        SoftDice("volume")
    for smooth in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="`smooth` must be"):
            SoftDice(smooth=smooth)


def test_a_label_that_is_no_class_gives_nan_for_its_case_only():
    labels = np.array([[0, 5], [0, 1]])
    values = SoftDice(reduction=None)(labels, np.zeros((2, 2, 2)))
    np.testing.assert_array_equal(np.isnan(np.array(values)), [True, False])
