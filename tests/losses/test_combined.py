import keras
import numpy as np
import pytest

from kseg.losses import CombinedLoss, SoftDice, WeightedCrossEntropy
from tests.losses.every import voxels
from tests.losses.reference import cross_entropy, slopes, soft_dice, value_and_gradient


def both():
    return CombinedLoss([(WeightedCrossEntropy("batch"), 0.5), (SoftDice("batch"), 2.0)])


def expected_values(labels, logits):
    return 0.5 * cross_entropy(labels, logits, "batch") + 2 * soft_dice(labels, logits, "batch")


def test_the_value_is_the_weighted_sum_of_the_terms():
    labels, logits = voxels({})
    expected = expected_values(labels, logits).mean()
    assert float(both()(labels, logits)) == pytest.approx(expected, rel=1e-5)


def test_the_gradient_agrees_with_finite_differences():
    labels, logits = voxels({})
    _, gradient = value_and_gradient(both(), labels, logits.astype("float32"))
    expected = slopes(lambda x: expected_values(labels, x), logits)
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_a_sample_weight_weighs_cases():
    labels, logits = voxels({}, shape=(3, 3, 3, 3))
    weight = np.array([1.0, 0.0, 5.0])
    expected = np.mean(weight * expected_values(labels, logits))
    assert float(both()(labels, logits, sample_weight=weight)) == pytest.approx(expected, rel=1e-5)


def test_nested_sums_survive_a_round_trip_by_value():
    labels, logits = voxels({})
    loss = CombinedLoss([(both(), 1.0), (SoftDice(smooth=0.5, background=True), 3.0)])
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    assert float(again(labels, logits)) == float(loss(labels, logits))


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_compiled_model_trains_with_case_weights_saves_and_loads(tmp_path, policy):
    labels, images = voxels({}, shape=(4, 4, 4, 4))
    inputs = keras.Input((None, None, None, 3))
    outputs = keras.layers.Conv3D(3, 1, dtype=policy)(inputs)
    model = keras.Model(inputs, outputs)
    model.compile("sgd", loss=both())
    history = model.fit(images, labels, batch_size=2, verbose=0, sample_weight=np.arange(4.0))
    assert np.isfinite(history.history["loss"]).all()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.loss.get_config() == model.loss.get_config()
    expected = model.evaluate(images, labels, verbose=0)
    assert again.evaluate(images, labels, verbose=0) == pytest.approx(expected)


def test_wrong_terms_are_refused():
    with pytest.raises(ValueError, match="one loss or more"):
        CombinedLoss([])
    with pytest.raises(ValueError, match="must be a keras.losses.Loss"):
        CombinedLoss([("mse", 1.0)])
    for weight in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="must be a positive number"):
            CombinedLoss([(SoftDice(), weight)])


def test_a_term_with_one_value_per_voxel_is_refused():
    loss = CombinedLoss([(keras.losses.MeanSquaredError(), 1.0)])
    with pytest.raises(ValueError, match="one value per case"):
        loss(np.zeros((2, 3, 4)), np.zeros((2, 3, 4)))
