import keras
import numpy as np
import pytest

from kseg.metrics.label_maps import (
    check_ignore_label,
    check_labels,
    flat_labels,
    largest_class,
    logit_planes,
)


def some_logits(dtype="float32"):
    logits = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).round(1)
    return keras.ops.cast(logits, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_the_largest_class_is_numpys_argmax_also_of_equal_logits(dtype):
    logits = some_logits(dtype)
    expected = np.array(keras.ops.cast(logits, "float32")).argmax(axis=-1).reshape(2, -1)
    assert (expected == 0).any()
    np.testing.assert_array_equal(np.array(largest_class(logits)), expected)
    np.testing.assert_array_equal(np.array(largest_class(np.zeros((1, 3, 2)))), [[0, 0, 0]])


def test_planes_are_the_channels_laid_flat():
    planes = logit_planes(some_logits())
    assert len(planes) == 5
    expected = np.array(some_logits()).reshape(2, -1, 5)
    for channel, plane in enumerate(planes):
        np.testing.assert_array_equal(np.array(plane), expected[..., channel])


@pytest.mark.parametrize("shape", [(2, 6), (2, 3, 2), (2, 3, 2, 1)])
def test_labels_are_laid_flat_with_or_without_a_last_axis(shape):
    labels = np.arange(12, dtype="uint8").reshape(shape)
    np.testing.assert_array_equal(np.array(flat_labels(labels, 2)), np.arange(12).reshape(2, 6))


def test_sound_labels_come_back_and_others_are_refused():
    assert check_labels("labels", range(1, 3)) == (1, 2)
    assert (check_ignore_label(None), check_ignore_label(-1)) == (None, -1)
    for wrong in ([], [1.0], [-1], [True]):
        with pytest.raises(ValueError, match="`labels` must be None or ints of 0 or more"):
            check_labels("labels", wrong)
    with pytest.raises(ValueError, match="`ignore_label` must be an int or None"):
        check_ignore_label(1.0)
