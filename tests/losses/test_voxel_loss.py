import keras
import numpy as np
import pytest

from kseg.losses.combined import CombinedLoss
from kseg.losses.region_cross_entropy import RegionCrossEntropy
from tests.losses.every import KINDS, REGIONS, every_loss, is_plain, voxels
from tests.losses.reference import slopes, value_and_gradient


@every_loss()
@pytest.mark.parametrize("shape", [(2, 2, 3, 2), (2, 4, 3)])
def test_values_agree_with_numpy_in_three_and_two_dimensions(kind, expected, settings, shape):
    labels, logits = voxels(settings, shape)
    loss = kind(**settings, reduction=None)
    wanted = expected(labels, logits, **settings)
    values = np.array(loss(labels, logits))
    assert values.shape == (2,) and values.dtype == np.float32
    np.testing.assert_allclose(values, wanted, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(np.array(loss(labels[..., None], logits)), values, rtol=1e-6)


@every_loss()
def test_gradients_agree_with_finite_differences(kind, expected, settings):
    labels, logits = voxels(settings)
    _, gradient = value_and_gradient(kind(**settings), labels, logits.astype("float32"))
    wanted = slopes(lambda x: expected(labels, x, **settings), logits)
    assert np.abs(wanted).max() > 1e-3
    np.testing.assert_allclose(gradient, wanted, atol=2e-6)


@every_loss()
def test_a_sample_weight_weighs_cases_even_if_a_side_has_as_many_voxels(kind, expected, settings):
    labels, logits = voxels(settings, (3, 3, 3, 3))
    weight = np.array([1.0, 0.0, 5.0])
    wanted = np.mean(weight * expected(labels, logits, **settings))
    value = kind(**settings)(labels, logits, sample_weight=weight)
    assert float(value) == pytest.approx(wanted, rel=1e-5)


@every_loss()
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_low_precision_logits_are_computed_in_float32(kind, expected, settings, dtype):
    labels, logits = voxels(settings, (1, 16, 16, 16))
    low = keras.ops.cast(logits, dtype)
    exact = keras.ops.convert_to_numpy(keras.ops.cast(low, "float32")).astype("float64")
    wanted = expected(labels, exact, **settings)
    # Straight to `call`, as inside a sum: Loss.__call__ would have cast the logits before.
    np.testing.assert_allclose(
        np.array(kind(**settings).call(keras.ops.convert_to_tensor(labels), low)), wanted, rtol=1e-5
    )


@every_loss()
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_extreme_logits_and_absent_classes_give_finite_values(kind, expected, settings, dtype):
    labels, signs = voxels(settings)
    one_class = np.zeros_like(signs)
    one_class[..., 0] = 1
    ignored = settings.get("ignore_label", 0)
    for truth in (labels, np.zeros_like(labels), np.full_like(labels, ignored)):
        for pattern in (np.sign(signs), one_class, -one_class, 2e-3 * one_class, 0 * signs):
            logits = keras.ops.cast(1e4 * pattern, dtype)
            value, gradient = value_and_gradient(kind(**settings), truth, logits)
            assert np.isfinite(value) and np.isfinite(gradient).all()
            assert value >= 0


@every_loss(keep=lambda kind, settings: "ignore_label" in settings and "gamma" not in settings)
def test_cases_that_are_ignored_altogether_cost_nothing(kind, expected, settings):
    labels, logits = voxels(settings)
    labels[:] = settings["ignore_label"]
    value, gradient = value_and_gradient(kind(**settings), labels, logits.astype("float32"))
    assert value == 0 and not gradient.any()


@every_loss(keep=lambda kind, settings: "ignore_label" in settings)
def test_what_is_ignored_has_no_gradient(kind, expected, settings):
    labels, logits = voxels(settings)
    _, gradient = value_and_gradient(kind(**settings), labels, logits.astype("float32"))
    ignored = labels == settings["ignore_label"]
    assert ignored.any() and not gradient[ignored].any() and gradient[~ignored].any()


@every_loss(keep=lambda kind, settings: settings.get("per") != "batch")
@pytest.mark.parametrize("label", [9, -1])
def test_a_label_that_is_no_class_gives_nan_for_its_case_only(kind, expected, settings, label):
    labels, logits = voxels(settings)
    labels[0, 0, 0, 0] = label
    values = np.array(kind(**settings, reduction=None)(labels, logits))
    np.testing.assert_array_equal(np.isnan(values), [True, False])


@every_loss()
def test_a_round_trip_keeps_every_argument_and_the_value(kind, expected, settings):
    labels, logits = voxels(settings)
    loss = kind(**settings, name="mine", reduction="sum")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    config = loss.get_config()
    assert type(again) is kind and again.get_config() == config
    assert {key: config[key] for key in settings} == settings
    assert (again.name, again.reduction) == ("mine", "sum")
    assert float(again(labels, logits)) == float(loss(labels, logits))


@pytest.mark.parametrize("with_regions", [False, True])
def test_a_compiled_model_trains_saves_and_loads_with_every_loss(tmp_path, with_regions):
    # The last settings of each kind: its most arguments that are not the defaults.
    chosen = {k: s for k, _, s in KINDS if ("regions" in s) == with_regions}.items()
    labels, images = voxels({"regions": REGIONS} if with_regions else {}, (4, 4, 4, 4))
    inputs = keras.Input((4, 4, 4, 3))
    model = keras.Model(inputs, keras.layers.Conv3D(3, 1)(inputs))
    model.compile("sgd", loss=CombinedLoss([(kind(**s), 0.1) for kind, s in chosen]))
    sample_weight = np.array([1.0, 0.5, 2.0, 0.0])
    history = model.fit(images, labels, batch_size=2, verbose=0, sample_weight=sample_weight)
    assert np.isfinite(history.history["loss"]).all()
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.loss.get_config() == model.loss.get_config()
    wanted = model.evaluate(images, labels, verbose=0)
    assert again.evaluate(images, labels, verbose=0) == pytest.approx(wanted, rel=1e-6)


@every_loss(keep=is_plain)
def test_unknown_sizes_are_known_in_time(kind, expected, settings):
    labels, images = voxels(settings, (2, 4, 4))
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, keras.layers.Activation("linear")(inputs))
    model.compile(loss=kind(**settings))
    wanted = expected(labels, images, **settings).mean()
    assert model.evaluate(images, labels, verbose=0) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("ignore_label", [1.5, "255", True])
def test_an_ignore_label_must_be_a_whole_number(ignore_label):
    with pytest.raises(ValueError, match="`ignore_label` must be"):
        RegionCrossEntropy(REGIONS, ignore_label=ignore_label)


@pytest.mark.parametrize("regions", [None, [], [[]], [1, 2], [[1, 1]], [[-1]], [[1.0]], [[True]]])
def test_wrong_regions_are_refused(regions):
    with pytest.raises(ValueError, match="`regions` must be"):
        RegionCrossEntropy(regions)


def test_a_region_must_not_hold_the_label_to_ignore():
    with pytest.raises(ValueError, match="must not hold the label to ignore"):
        RegionCrossEntropy(REGIONS, ignore_label=3)
