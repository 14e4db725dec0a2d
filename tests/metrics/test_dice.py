import json

import keras
import numpy as np
import pytest

from kseg.metrics import CaseDice


def numpy_pairs(truth, predicted, labels, ignore_label=None):
    rows = []
    for t, p in zip(truth, predicted, strict=True):
        kept = np.ones(t.shape, bool) if ignore_label is None else t != ignore_label
        t, p = t[kept], p[kept]
        sizes = [np.sum(t == k) + np.sum(p == k) for k in labels]
        overlaps = [np.sum((t == k) & (p == k)) for k in labels]
        pairs = zip(overlaps, sizes, strict=True)
        rows.append([2 * both / size if size else np.nan for both, size in pairs])
    return np.array(rows)


def some_cases(seed=0, shape=(4, 3, 4, 5), classes=4):
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, classes, shape)
    logits = generator.normal(size=(*shape, classes))
    truth[0] = np.where(truth[0] == 2, 0, truth[0])
    logits[0, ..., 2] = -9.0
    return truth, logits


def value(metric, *args, **kwargs):
    metric.reset_state()
    metric.update_state(*args, **kwargs)
    return float(metric.result())


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_the_mean_runs_over_the_pairs_that_exist(dtype):
    truth, logits = some_cases()
    logits = keras.ops.cast(logits, dtype)
    predicted = np.array(keras.ops.argmax(keras.ops.cast(logits, "float32"), axis=-1))
    pairs = numpy_pairs(truth, predicted, (1, 2, 3))
    assert np.isnan(pairs).sum() == 1
    assert value(CaseDice(), truth, logits) == pytest.approx(np.nanmean(pairs))
    assert value(CaseDice(), truth[..., None], logits) == pytest.approx(np.nanmean(pairs))


def test_chosen_labels_and_an_ignore_label_are_honoured():
    truth, logits = some_cases()
    truth[1:, 0] = 255
    predicted = logits.argmax(axis=-1)
    metric = CaseDice(labels=[0, 3], ignore_label=255)
    expected = np.nanmean(numpy_pairs(truth, predicted, (0, 3), 255))
    assert value(metric, truth, logits) == pytest.approx(expected)


def test_a_sample_weight_weighs_the_pairs_of_its_case():
    truth, logits = some_cases()
    weight = np.array([1.0, 2.0, 0.0, 0.5])
    pairs = numpy_pairs(truth, logits.argmax(axis=-1), (1, 2, 3))
    exists = ~np.isnan(pairs) * weight[:, None]
    expected = np.sum(np.nan_to_num(pairs) * exists) / exists.sum()
    assert value(CaseDice(), truth, logits, sample_weight=weight) == pytest.approx(expected)


def test_batches_add_up_to_the_value_of_all_cases():
    truth, logits = some_cases()
    metric = CaseDice()
    metric.update_state(truth[:1], logits[:1])
    metric.update_state(truth[1:], logits[1:])
    assert float(metric.result()) == pytest.approx(value(CaseDice(), truth, logits))


def test_hand_worked_numbers():
    truth = np.array([[0, 1, 1], [0, 0, 0], [1, 1, 1]])
    predicted = np.array([[1, 1, 0], [0, 0, 0], [0, 0, 0]])
    # The cases score 2 * 1 / 4, blank and 0.
    assert value(CaseDice(), truth, np.eye(2)[predicted]) == pytest.approx(0.25)


def test_images_of_two_axes_and_single_labels_count_as_cases_too():
    truth, logits = some_cases(shape=(4, 6, 5))
    pairs = numpy_pairs(truth, logits.argmax(axis=-1), (1, 2, 3))
    assert value(CaseDice(), truth, logits) == pytest.approx(np.nanmean(pairs))
    digits = np.array([1, 2, 0, 1]).reshape(4, 1, 1)
    predicted = np.array([1, 1, 0, 0]).reshape(4, 1, 1)
    # One pair of 1, two of 0 for the second case, one of 0 for the last; the third is blank.
    assert value(CaseDice(), digits, np.eye(3)[predicted]) == pytest.approx(0.25)


@pytest.mark.parametrize("ignore_label", [None, 3])
def test_regions_overlap_and_are_judged_one_by_one(ignore_label):
    truth, logits = some_cases(classes=4)
    regions, logits = [(1, 2), (2,)], logits[..., :2]
    truth[3] = 0
    logits[3] = -1.0
    rows = []
    for t, z in zip(truth, logits, strict=True):
        kept = t != ignore_label
        for channel, region in enumerate(regions):
            inside, above = np.isin(t, region) & kept, (z[..., channel] > 0) & kept
            if inside.any() or above.any():
                rows.append(2 * np.sum(inside & above) / (np.sum(inside) + np.sum(above)))
    assert len(rows) == 6
    metric = CaseDice(regions=regions, ignore_label=ignore_label)
    assert value(metric, truth, logits) == pytest.approx(np.mean(rows))


def test_a_hand_worked_region():
    truth = np.array([[0, 1, 2, 2]])
    logits = np.array([[[-1, -1], [2, 0], [2, 3], [-2, 3]]], "float32")
    # The whole (1, 2): found 2 of 3. The core (2,): found 2 of 2; a logit of 0 is outside.
    assert value(CaseDice(regions=[(1, 2), (2,)]), truth, logits) == pytest.approx((0.8 + 1) / 2)


def test_another_number_of_channels_than_regions_is_refused():
    with pytest.raises(ValueError, match=r"one channel per region \(1\). Received: shape="):
        value(CaseDice(regions=[(1, 2)]), np.zeros((1, 4)), np.zeros((1, 4, 2)))


@pytest.mark.parametrize(
    "arguments", [{}, {"labels": [1, 3], "ignore_label": 255}, {"regions": [[1, 2], [2]]}]
)
def test_a_copy_by_config_gives_equal_values(arguments):
    metric = CaseDice(**arguments, name="dice")
    config = json.loads(json.dumps(keras.metrics.serialize(metric)))
    again = keras.metrics.deserialize(config)
    assert again.get_config() == metric.get_config()
    truth, logits = some_cases()
    logits = logits[..., :2] if "regions" in arguments else logits
    assert value(again, truth, logits) == value(metric, truth, logits)


def test_no_pair_at_all_gives_nan():
    assert np.isnan(float(CaseDice().result()))
    truth = np.zeros((2, 5), int)
    assert np.isnan(value(CaseDice(), truth, np.eye(2)[truth]))


def test_equal_logits_count_as_the_first_class():
    truth = np.ones((1, 4), int)
    assert value(CaseDice(), truth, np.zeros((1, 4, 2))) == 0


def test_the_metric_says_that_more_is_better():
    assert CaseDice()._direction == "up"


def test_a_compiled_model_keeps_it_through_save_and_load(tmp_path):
    truth, logits = some_cases()
    inputs = keras.Input((None, None, None, 4))
    outputs = keras.layers.Conv3D(4, 1)(inputs)
    model = keras.Model(inputs, outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, metrics=[CaseDice(labels=[1, 2])])
    before = model.evaluate(logits, truth, verbose=0, return_dict=True)
    assert np.isfinite(before["patch_dice"])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    after = again.evaluate(logits, truth, verbose=0, return_dict=True)
    assert after["patch_dice"] == pytest.approx(before["patch_dice"])


def test_wrong_labels_are_refused():
    for labels in ([], [1.5], [-1], [True]):
        with pytest.raises(ValueError, match="`labels` must be"):
            CaseDice(labels)
    with pytest.raises(ValueError, match="`ignore_label` must be"):
        CaseDice(ignore_label=1.5)
    for regions in ([], [()], [(1, 2.5)]):
        with pytest.raises(ValueError, match="`regions` must be"):
            CaseDice(regions=regions)
    with pytest.raises(ValueError, match="`labels` must be None with `regions`"):
        CaseDice([1], regions=[(1, 2)])
