import itertools

import keras
import numpy as np
import pytest

from kseg.predict import Predictor, WindowSettings

WINDOW = (4, 3, 5)


class Copy(keras.layers.Layer):
    """Returns its input and counts how often it is traced."""

    def __init__(self):
        super().__init__()
        self.traces = 0

    def call(self, inputs):
        self.traces += 1
        return inputs


class Ramp(keras.layers.Layer):
    """Multiplies by the position within the window, so that mirroring changes the result."""

    def call(self, inputs):
        size = inputs.shape[1:4]
        ramp = np.arange(np.prod(size), dtype=np.float32).reshape(1, *size, 1)
        return inputs * ramp


def volume(shape, channels=1, seed=0):
    """Whole numbers, which float32 adds without rounding."""
    rng = np.random.default_rng(seed)
    return rng.integers(-500, 500, (*shape, channels)).astype(np.float32)


def copier(window=WINDOW, **settings):
    layer = Copy()
    return Predictor(keras.Sequential([layer]), WindowSettings(window, **settings)), layer


SIZES = [range(1, 2 * window + 2) for window in WINDOW]
SHAPES = list(itertools.product(*SIZES))[::11]


@pytest.mark.parametrize(("blend", "batch"), [("constant", 1), ("gaussian", 3)])
def test_a_copying_network_gives_every_voxel_back_whatever_the_size(blend, batch):
    predictor, _ = copier(blend=blend, batch=batch)
    for shape in [*SHAPES, *((size, 3, 5) for size in SIZES[0])]:
        voxels = volume(shape, channels=2)
        logits = predictor.logits(voxels)
        assert logits.dtype == np.float32
        if blend == "constant":
            np.testing.assert_allclose(logits, voxels, rtol=2e-7)
        else:
            np.testing.assert_allclose(logits, voxels, rtol=2e-6)


def test_a_flipped_volume_gives_the_flipped_prediction():
    predictor, _ = copier()
    voxels = volume((7, 5, 9))
    expected = predictor.logits(voxels)[::-1, ::-1, ::-1]
    np.testing.assert_allclose(predictor.logits(voxels[::-1, ::-1, ::-1]), expected, rtol=2e-6)


def test_tail_windows_and_other_volumes_are_never_traced_again():
    predictor, layer = copier(batch=4)
    predictor.logits(volume((4, 3, 5)))
    traced = layer.traces
    for shape in [(9, 7, 11), (1, 1, 1), (4, 3, 6), (5, 3, 5)]:
        predictor.logits(volume(shape).astype(np.float16))
    assert layer.traces == traced


def test_windows_that_fill_up_a_batch_leave_no_trace_in_the_result():
    voxels = volume((6, 5, 7))
    results = [copier(batch=batch)[0].logits(voxels) for batch in (1, 4, 64)]
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_mirrored_copies_are_turned_back_and_averaged():
    voxels = volume(WINDOW)
    network = keras.Sequential([Ramp()])
    mirrored = Predictor(network, WindowSettings(WINDOW, mirror_axes=(0, 2))).logits(voxels)
    ramp = np.arange(np.prod(WINDOW), dtype=np.float32).reshape(*WINDOW, 1)
    ramps = [ramp, ramp[::-1], ramp[:, :, ::-1], ramp[::-1, :, ::-1]]
    np.testing.assert_allclose(mirrored, voxels * np.mean(ramps, axis=0), rtol=1e-5)


def test_the_middle_of_a_window_counts_more_than_its_border():
    # Two windows along x, of which each multiplies by the position within itself.
    voxels, window = np.ones((1, 1, 6, 1), np.float32), (1, 1, 4)
    flat, bell = (
        Predictor(keras.Sequential([Ramp()]), WindowSettings(window, blend=blend)).logits(voxels)
        for blend in ("constant", "gaussian")
    )
    assert flat.ravel().tolist() == [0, 1, 1, 2, 2, 3]
    assert bell.ravel()[2] > flat.ravel()[2] and bell.ravel()[3] < flat.ravel()[3]


def test_the_network_does_not_train_while_it_predicts():
    network = keras.Sequential([keras.Input((*WINDOW, 1)), keras.layers.Dropout(0.9)])
    voxels = volume(WINDOW)
    for mirror_axes in ((), (2,)):
        settings = WindowSettings(WINDOW, blend="constant", mirror_axes=mirror_axes)
        np.testing.assert_array_equal(Predictor(network, settings).logits(voxels), voxels)
