import keras
import numpy as np
import pytest
from keras import ops

from kseg.losses.voxels import (
    blank_where_outside,
    check_shapes,
    class_planes,
    logit_planes,
    mean_of_kept,
    voxel_labels,
)


def test_planes_are_the_parts_of_a_softmax():
    logits = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype("float32")
    planes = class_planes(logits)
    probability = np.stack([np.array(e / planes.total) for e in planes.exponentials], axis=-1)
    expected = np.array(ops.softmax(logits)).reshape(2, 12, 5)
    np.testing.assert_allclose(probability, expected, rtol=1e-5)


def test_planes_of_half_precision_logits_are_float32():
    planes = class_planes(ops.cast(np.zeros((1, 4, 2)), "float16"))
    kinds = {keras.backend.standardize_dtype(plane.dtype) for plane in planes.shifted}
    assert kinds == {"float32"}


def test_masks_hold_each_voxel_once_and_ignored_voxels_never():
    labels = np.array([[0, 1, 2, 9]], "uint8")
    found = voxel_labels(labels, np.zeros((1, 4, 3)), ignore_label=9).masks
    masks = np.array([np.array(mask) for mask in found])
    np.testing.assert_array_equal(masks[:, 0], [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])


@pytest.mark.parametrize(
    ("labels", "ignore_label", "outside"),
    [
        ([[0, 1], [0, 3]], None, [False, True]),
        ([[0, -1], [0, 2]], None, [True, False]),
        ([[0, 255], [0, 3]], 255, [False, True]),
        ([[0, -5], [0, -1]], -1, [True, False]),
        ([[0, -1], [0, 255]], 255, [True, False]),
    ],
)
def test_labels_that_are_no_class_are_found_in_their_case(labels, ignore_label, outside):
    found = voxel_labels(np.array(labels), np.zeros((2, 2, 3)), ignore_label).outside
    np.testing.assert_array_equal(np.array(found), outside)
    blanked = np.array(blank_where_outside(np.zeros(2, "float32"), found))
    np.testing.assert_array_equal(np.isnan(blanked), outside)


@pytest.mark.parametrize(
    ("labels_shape", "logits_shape"),
    [
        ((2, 4, 4, 3), (2, 4, 4, 3)),
        ((2, 4, 5), (2, 4, 4, 3)),
        ((2, 4), (2, 4, 4, 3)),
        ((2, 4, 4), (2, 4, 4, 1)),
        ((2, 4, 4), (2, 4, 4, None)),
    ],
)
def test_shapes_that_do_not_belong_together_are_refused(labels_shape, logits_shape):
    with pytest.raises(ValueError, match="Received"):
        check_shapes(labels_shape, logits_shape)


def test_unknown_sizes_and_a_last_axis_of_one_are_accepted():
    check_shapes((None, None, 4), (2, 4, 4, 3))
    check_shapes((2, 4, 4, 1), (None, 4, None, 3))


def test_with_regions_there_is_one_channel_for_each():
    check_shapes((2, 4, 4), (2, 4, 4, 1), [[1]])
    with pytest.raises(ValueError, match="one channel per region"):
        check_shapes((2, 4, 4), (2, 4, 4, 2), [[1]])


def test_regions_may_overlap_and_leave_labels_to_the_background():
    labels = np.array([[0, 1, 2, 3, 9]], "uint8")
    found = voxel_labels(labels, np.zeros((1, 5, 2)), 9, [[1, 3], [3]])
    masks = np.array([np.array(mask) for mask in found.masks])
    np.testing.assert_array_equal(masks[:, 0], [[0, 1, 0, 1, 0], [0, 0, 0, 1, 0]])
    np.testing.assert_array_equal(np.array(found.kept), [[1, 1, 1, 1, 0]])
    assert not np.array(found.outside).any()
    assert np.array(voxel_labels(labels, np.zeros((1, 5, 2)), 9, [[1], [2]]).outside).all()


def test_logits_are_laid_flat_channel_by_channel():
    logits = np.arange(24.0).reshape(1, 2, 4, 3)
    planes = logit_planes(logits)
    np.testing.assert_array_equal(np.array(planes[1]), logits[..., 1].reshape(1, 8))


def test_the_mean_runs_over_what_is_kept():
    losses = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]], "float32")
    kept = np.array([[1, 1, 0], [0, 0, 0]], "float32")
    np.testing.assert_array_equal(np.array(mean_of_kept(losses, kept)), [1.5, 0])
    np.testing.assert_array_equal(np.array(mean_of_kept(losses, None)), [1, 0])
