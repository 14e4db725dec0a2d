import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kseg.models import DeepSupervisionModel, default_head_weights, thin_labels
from tests.models.tiny import batch, compiled, loss, network, to_numpy


def thinned(labels, step):
    """Take from each block of `step` voxels a side the one nearest its centre, the lower of two."""
    first = math.floor((step - 1) / 2)
    return labels[(slice(None), *(slice(first, None, step),) * (labels.ndim - 1))]


def loss_by_hand(model, images, labels, sample_weight=None):
    heads = model(images, training=True)
    total = 0.0
    for weight, head in zip(model.head_weights, heads.values(), strict=True):
        values = loss().call(thinned(labels, images.shape[1] // head.shape[1]), head)
        weights = np.ones(len(images)) if sample_weight is None else sample_weight
        total += weight * float(np.mean(to_numpy(values) * weights))
    return total


def test_it_fits_plain_labels_under_names_that_do_not_depend_on_the_heads():
    images, labels = batch()
    names = []
    for heads in (0, 1, 2):
        model = compiled(network(depth=3, deep_supervision=heads))
        history = model.fit(
            images, labels, validation_data=(images, labels[..., None]), verbose=0
        ).history
        assert np.isfinite(np.ravel(list(history.values()))).all()
        names.append(list(history))
    assert names[0] == names[1] == names[2]
    assert names[0] == ["loss", "patch_dice", "val_loss", "val_patch_dice"]


def test_training_gives_all_heads_and_prediction_the_finest():
    images, _ = batch()
    model = compiled(network(depth=3, deep_supervision=2))
    heads = model(images, training=True)
    assert list(heads) == ["out", "aux_1", "aux_2"]
    assert [head.shape[1] for head in heads.values()] == [8, 4, 2]
    for logits in (model(images), model(images, training=False), model.predict(images, verbose=0)):
        np.testing.assert_allclose(to_numpy(logits), to_numpy(heads["out"]), atol=1e-6)


@pytest.mark.parametrize("heads", ["scaled", "full_size"])
@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("head_weights", [None, [1, 1, 1], [0.5, 0, 2]])
def test_the_loss_is_the_weighted_sum_over_the_heads(head_weights, dimensions, heads):
    images, labels = batch(dimensions=dimensions)
    arguments = {"head_weights": head_weights, "dimensions": dimensions, "heads": heads}
    model = compiled(network(depth=3, deep_supervision=2, **arguments))
    found = model.compute_loss(images, labels, model(images, training=True))
    assert float(found) == pytest.approx(loss_by_hand(model, images, labels), rel=1e-5)


@pytest.mark.parametrize("heads", ["scaled", "full_size"])
@pytest.mark.parametrize("head_weights", [[1, 1, 1], [0.5, 0.25, 0.25], [0, 0, 3]])
def test_penalties_count_once_whatever_the_weights(head_weights, heads):
    images, labels = batch()
    arguments = {"head_weights": head_weights, "heads": heads, "kernel_regularizer": "l2"}
    model = compiled(network(depth=3, deep_supervision=2, **arguments))
    kernels = [w for w in model.trainable_weights if w.name == "kernel" and "head" not in w.path]
    penalty = sum(0.01 * float(np.square(to_numpy(kernel)).sum()) for kernel in kernels)
    heads = model(images, training=True)
    expected = loss_by_hand(model, images, labels) + penalty
    assert float(model.compute_loss(images, labels, heads)) == pytest.approx(expected, rel=1e-5)

    finest = float(loss()(labels, heads["out"]))
    evaluated = model.evaluate(images, labels, verbose=0, return_dict=True)
    assert evaluated["loss"] == pytest.approx(finest + penalty, rel=1e-5)


def test_a_sample_weight_weighs_cases_in_every_head():
    images, labels = batch()
    model = compiled(network(deep_supervision=1))
    weight = np.array([0.25, 2.0])
    heads = model(images, training=True)
    found = float(model.compute_loss(images, labels, heads, sample_weight=weight))
    assert found == pytest.approx(loss_by_hand(model, images, labels, weight), rel=1e-5)


def test_metrics_judge_the_finest_head_alone():
    images, labels = batch()
    model = compiled(network(deep_supervision=1))
    predicted = to_numpy(model(images)).argmax(axis=-1)
    pairs = [
        2 * np.sum((p == k) & (t == k)) / (np.sum(p == k) + np.sum(t == k))
        for p, t in zip(predicted, labels, strict=True)
        for k in (1, 2)
    ]
    found = model.compute_metrics(images, labels, model(images, training=True))
    assert float(found["patch_dice"]) == pytest.approx(np.mean(pairs), rel=1e-5)


@settings(max_examples=30)
@given(st.tuples(*[st.integers(1, 3)] * 3), st.tuples(*[st.integers(1, 5)] * 3), st.booleans())
def test_thinning_takes_the_voxel_nearest_the_centre_of_each_block(size, steps, last_axis):
    shape = [n * step for n, step in zip(size, steps, strict=True)]
    labels = np.arange(np.prod(shape)).reshape(1, *shape)
    given = labels[..., None] if last_axis else labels
    found = to_numpy(thin_labels(given, np.zeros((1, *size, 2))))
    assert found.shape == (1, *size)
    for block in np.ndindex(size):
        place = np.unravel_index(found[(0, *block)], shape)
        for position, index, step in zip(place, block, steps, strict=True):
            offsets = [abs(voxel - (index * step + (step - 1) / 2)) for voxel in range(10_000)[
                index * step : (index + 1) * step]]  # fmt: skip
            assert abs(position - (index * step + (step - 1) / 2)) == min(offsets)


@pytest.mark.parametrize("size", [(3, 4, 4), (8, 4, 4), (16, 4, 4)])
def test_labels_that_a_head_does_not_divide_are_refused(size):
    with pytest.raises(ValueError, match="must divide the labels'. Received: labels"):
        thin_labels(np.zeros((1, 4, 4, 4)), np.zeros((1, *size, 2)))


@pytest.mark.parametrize("heads", range(1, 6))
def test_head_weights_halve_from_head_to_head_and_sum_to_one(heads):
    weights = default_head_weights(heads)
    assert sum(weights) == pytest.approx(1.0)
    assert all(a == pytest.approx(2 * b) for a, b in zip(weights, weights[1:], strict=False))


def test_a_deployable_model_gives_equal_logits_without_the_other_heads():
    images, _ = batch()
    model = network(depth=3, deep_supervision=2)
    plain = model.deployable()
    assert type(plain) is type(network())
    finest = to_numpy(model(images))
    np.testing.assert_array_equal(to_numpy(plain(images, training=True)), finest)
    names = {layer.name for layer in plain.layers}
    assert "head_0" in names and not {"head_1", "head_2"} & names
    kernel = plain.get_layer("head_0").kernel
    kernel.assign(kernel * 2)  # the weights are the same variables, not copies
    np.testing.assert_array_equal(to_numpy(plain(images)), to_numpy(model(images)))
    assert not np.array_equal(to_numpy(plain(images)), finest)


def test_a_saved_compiled_model_loads_whole(tmp_path):
    images, labels = batch()
    model = compiled(network(deep_supervision=1, head_weights=[1, 3], kernel_regularizer="l2"))
    model.fit(images, labels, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(again, DeepSupervisionModel)
    assert again.head_weights == (1.0, 3.0) and again.name == model.name
    assert [w.path for w in again.weights] == [w.path for w in model.weights]
    for head, expected in model(images, training=True).items():
        found = again(images, training=True)[head]
        np.testing.assert_array_equal(to_numpy(found), to_numpy(expected))
    np.testing.assert_allclose(
        again.train_on_batch(images, labels), model.train_on_batch(images, labels), rtol=1e-5
    )


def test_several_inputs_are_kept_apart(tmp_path):
    first, second = keras.Input((4, 4, 4, 1)), keras.Input((4, 4, 4, 1))
    outputs = {"out": keras.layers.Add()([first, second])}
    model = DeepSupervisionModel([first, second], outputs)
    model.save(tmp_path / "model.keras")
    x = batch(size=4)[0]
    for network_of_two in (keras.models.load_model(tmp_path / "model.keras"), model.deployable()):
        np.testing.assert_allclose(to_numpy(network_of_two([x, 2 * x])), 3 * x, rtol=1e-6)


def a_model(names, **arguments):
    x = keras.Input((4, 4, 4, 1))
    return DeepSupervisionModel(x, {name: x for name in names}, **arguments)


def test_heads_without_a_main_one_are_refused():
    with pytest.raises(ValueError, match=r'must have a head "out". Received: \[\'aux_1\'\]'):
        a_model(["aux_1"])


@pytest.mark.parametrize("weights", [[1], [1, 1, 1], []])
def test_another_number_of_head_weights_is_refused(weights):
    with pytest.raises(ValueError, match=f"Received: {len(weights)} weights for 2 heads"):
        a_model(["out", "aux_1"], head_weights=weights)


@pytest.mark.parametrize("weights", [[0, 0], [1, -1], [1, float("nan")], [1, float("inf")]])
def test_head_weights_with_which_nothing_can_be_learned_are_refused(weights):
    with pytest.raises(ValueError, match="`head_weights` must be at least 0, and one of them"):
        a_model(["out", "aux_1"], head_weights=weights)
