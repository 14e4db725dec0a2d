import keras
import numpy as np
import pytest

from kseg.losses import SoftDice
from tests.losses.every import voxels
from tests.losses.reference import soft_dice, value_and_gradient


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
