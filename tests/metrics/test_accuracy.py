import json

import keras
import numpy as np
import pytest

from kseg.metrics import VoxelAccuracy


def some_cases(shape=(4, 3, 4, 5), classes=4):
    generator = np.random.default_rng(0)
    return generator.integers(0, classes, shape), generator.normal(size=(*shape, classes))


def value(metric, *args, **kwargs):
    metric.reset_state()
    metric.update_state(*args, **kwargs)
    return float(metric.result())


@pytest.mark.parametrize("shape", [(4, 3, 4, 5), (4, 6, 5), (7, 1, 1), (7,)])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "float64"])
def test_it_is_the_share_of_voxels_whose_argmax_is_the_label(shape, dtype):
    truth, logits = some_cases(shape)
    logits = keras.ops.cast(logits, dtype)
    predicted = np.array(keras.ops.argmax(keras.ops.cast(logits, "float32"), axis=-1))
    for labels in (truth, truth[..., None], truth.astype("uint8")):
        assert value(VoxelAccuracy(), labels, logits) == pytest.approx(np.mean(truth == predicted))


def test_it_agrees_with_the_accuracy_of_keras():
    truth, logits = some_cases()
    theirs = value(keras.metrics.SparseCategoricalAccuracy(), truth, logits)
    assert value(VoxelAccuracy(), truth, logits) == pytest.approx(theirs)


def test_a_hand_worked_share_with_ignored_voxels():
    truth = np.array([[0, 1, 255], [1, 255, 1]])
    logits = np.eye(2)[np.array([[0, 0, 1], [1, 1, 1]])]
    assert value(VoxelAccuracy(ignore_label=255), truth, logits) == pytest.approx(3 / 4)
    assert value(VoxelAccuracy(), truth, logits) == pytest.approx(3 / 6)


def test_a_sample_weight_weighs_every_voxel_of_its_case():
    truth = np.array([[0, 1, 9], [1, 1, 1]])
    logits = np.eye(2)[np.array([[0, 0, 0], [1, 1, 0]])]
    weight = np.array([3.0, 1.0])
    metric = VoxelAccuracy(ignore_label=9)
    assert value(metric, truth, logits, sample_weight=weight) == pytest.approx((3 + 2) / (6 + 3))


def test_a_sample_weight_may_weigh_voxels():
    truth, logits = some_cases()
    weight = np.random.default_rng(1).uniform(size=truth.shape)
    expected = np.average(truth == logits.argmax(axis=-1), weights=weight)
    assert value(VoxelAccuracy(), truth, logits, sample_weight=weight) == pytest.approx(expected)


def test_every_voxel_of_all_batches_counts_the_same():
    truth, logits = some_cases()
    metric = VoxelAccuracy()
    metric.update_state(truth[:1], logits[:1])
    metric.update_state(truth[1:], logits[1:])
    assert float(metric.result()) == pytest.approx(np.mean(truth == logits.argmax(axis=-1)))


def test_equal_logits_count_as_the_first_class():
    assert value(VoxelAccuracy(), np.array([[0, 1, 1, 1]]), np.zeros((1, 4, 2))) == 0.25


def test_no_voxel_at_all_gives_nan():
    assert np.isnan(float(VoxelAccuracy().result()))
    ignored = np.full((1, 4), 7)
    assert np.isnan(value(VoxelAccuracy(ignore_label=7), ignored, np.zeros((1, 4, 2))))


def test_a_copy_by_config_gives_equal_values():
    truth, logits = some_cases()
    metric = VoxelAccuracy(ignore_label=2, name="right")
    config = json.loads(json.dumps(keras.metrics.serialize(metric)))
    again = keras.metrics.deserialize(config)
    assert again.get_config() == metric.get_config()
    assert value(again, truth, logits) == value(metric, truth, logits)
    assert (metric._direction, VoxelAccuracy().name) == ("up", "voxel_accuracy")


def test_a_compiled_model_keeps_it_through_save_and_load(tmp_path):
    truth, logits = some_cases((4, 1, 1), classes=3)
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(3, 1)(inputs))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, metrics=[VoxelAccuracy()])
    before = model.evaluate(logits, truth, verbose=0, return_dict=True)
    predicted = model.predict(logits, verbose=0).argmax(axis=-1)
    assert before["voxel_accuracy"] == pytest.approx(np.mean(predicted == truth))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    after = again.evaluate(logits, truth, verbose=0, return_dict=True)
    assert after["voxel_accuracy"] == pytest.approx(before["voxel_accuracy"])


def test_labels_off_the_grid_of_the_logits_are_refused():
    with pytest.raises(ValueError, match="not one-hot. Received: 8 labels and 4 voxels"):
        VoxelAccuracy().update_state(np.zeros((1, 4, 2)), np.zeros((1, 4, 2)))
    with pytest.raises(ValueError, match="Received: 1 labels and 4 voxels"):
        VoxelAccuracy().update_state(np.zeros((1, 1)), np.zeros((1, 2, 2, 2)))


def test_a_wrong_ignore_label_is_refused():
    for wrong in (1.5, True, "255"):
        with pytest.raises(ValueError, match="`ignore_label` must be an int or None"):
            VoxelAccuracy(ignore_label=wrong)
