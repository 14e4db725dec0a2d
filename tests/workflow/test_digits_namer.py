import keras
import numpy as np
import pytest

from kseg.dataset.sources.digits import open_digits
from kseg.models import build
from kseg.workflow.digits_namer import ACCURACY, DigitNamer, DigitValidation
from tests.workflow.digits_of import blobs, write_digits

ARGUMENTS = {"filters": (3, 4), "dense_filters": 8}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(5)
    return build("fcn", 1, 10, ARGUMENTS)


def by_keras(model, images):
    inputs = images.astype(np.float32)[..., None] / 255
    return np.argmax(model.predict(inputs, verbose=0), axis=-1)


def test_digits_are_named_by_the_largest_logit_however_many_there_are(model):
    images, _ = blobs(1203, 2)
    named = DigitNamer(model)(images)
    np.testing.assert_array_equal(named, by_keras(model, images)[:, 0, 0])
    assert named.shape == (1203,) and len(set(named.tolist())) > 1


def test_a_larger_picture_gives_a_map_that_holds_the_digits_at_their_places(model):
    tiles, _ = blobs(16, 3)
    canvas = tiles.reshape(4, 4, 28, 28).transpose(0, 2, 1, 3).reshape(1, 112, 112)
    maps = DigitNamer(model).maps(canvas)
    assert maps.shape == (1, 22, 22)
    np.testing.assert_array_equal(maps, by_keras(model, canvas))


def test_validation_tells_the_share_and_follows_the_weights(tmp_path, model):
    digits = open_digits(write_digits(tmp_path / "mnist.npz"))
    validate = DigitValidation(digits)
    right = by_keras(model, digits.test_images)[:, 0, 0] == digits.test_labels
    assert validate(model) == {ACCURACY: pytest.approx(right.mean())}
    weights = model.get_weights()
    try:
        *others, bias = weights
        model.set_weights([*others, bias + 1e6 * (np.arange(10) == 7)])
        assert validate(model)[ACCURACY] == np.mean(digits.test_labels == 7)
    finally:
        model.set_weights(weights)


def test_a_validation_takes_some_time(tmp_path, model):
    digits = open_digits(write_digits(tmp_path / "mnist.npz"))
    assert 0 < DigitValidation(digits).estimate_seconds(model) < 60
