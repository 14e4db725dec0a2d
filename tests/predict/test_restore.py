import numpy as np
import pytest
from scipy import ndimage

import kseg.predict.restore as restore
from kseg.predict import restore_labels
from kseg.preprocess import Prepared, resample


def prepared(full, box, spacing=(2.0, 2.0, 2.0), source=(1.0, 1.5, 1.0)):
    return Prepared(
        voxels=np.zeros((1, 1, 1, 1), np.float16),
        labels=None,
        box=box,
        full_shape_zyx=full,
        cropped_shape_zyx=tuple(stop - start for start, stop in box),
        source_spacing_mm=source,
        spacing_mm=spacing,
    )


def whole(shape, **spacings):
    return prepared(shape, tuple((0, size) for size in shape), **spacings)


def logits_of(shape, classes=4, seed=0):
    return np.random.default_rng(seed).normal(size=(*shape, classes)).astype(np.float32)


def same_but_for_ties(labels, values):
    """Compare with the largest of all classes; rounding may decide where two are equal."""
    ranked = np.sort(values, axis=-1)
    clear = ranked[..., -1] - ranked[..., -2] > 1e-4
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(labels[clear], values.argmax(axis=-1)[clear])


@pytest.mark.parametrize("slab", [1, 200, 10**9])
@pytest.mark.parametrize(("small", "large"), [((5, 6, 7), (9, 11, 8)), ((9, 8, 7), (4, 9, 7))])
def test_labels_are_the_largest_of_all_classes_resampled_by_scipy(monkeypatch, small, large, slab):
    monkeypatch.setattr(restore, "SLAB_NUMBERS", slab)
    logits = logits_of(small)
    zoom = [new / old for new, old in zip(large, small, strict=True)]
    values = np.stack(
        [
            ndimage.zoom(logits[..., c], zoom, order=1, mode="nearest", grid_mode=True)
            for c in range(logits.shape[-1])
        ],
        axis=-1,
    )
    same_but_for_ties(restore_labels(logits, whole(large)), values)


def test_across_coarse_slices_the_nearest_one_counts():
    logits, spacings = logits_of((4, 6, 6)), {"spacing": (6.0, 1.0, 1.0), "source": (3.0, 1.0, 1.0)}
    labels = restore_labels(logits, whole((8, 9, 9), **spacings))
    same_but_for_ties(labels, resample(logits, (8, 9, 9), (0, 1, 1)))
    np.testing.assert_array_equal(labels[0::2], labels[1::2])


def test_nothing_is_interpolated_where_the_grid_stays():
    logits = logits_of((5, 6, 7))
    labels = restore_labels(logits, whole((5, 6, 7)))
    np.testing.assert_array_equal(labels, logits.argmax(axis=-1))


def test_the_content_box_lies_where_it_was_cut_out_and_background_round_it():
    logits = np.zeros((4, 4, 4, 2), np.float32)
    logits[..., 1] = 1
    labels = restore_labels(logits, prepared((9, 10, 11), ((1, 5), (2, 8), (3, 10))))
    assert labels.shape == (9, 10, 11) and labels.dtype == np.uint8
    assert labels[1:5, 2:8, 3:10].all() and labels.sum() == 4 * 6 * 7


def test_only_the_largest_piece_stays_where_asked():
    logits = np.zeros((1, 1, 6, 2), np.float32)
    logits[0, 0, [0, 2, 3], 1] = 1
    scan = whole((1, 1, 6))
    assert restore_labels(logits, scan).tolist() == [[[1, 0, 1, 1, 0, 0]]]
    assert restore_labels(logits, scan, keep_largest=True).tolist() == [[[0, 0, 1, 1, 0, 0]]]


@pytest.mark.parametrize("size", [1, 2])
def test_more_than_256_classes_get_the_wider_type(size):
    logits = np.zeros((1, 1, 1, 300), np.float32)
    logits[..., 299] = 1
    labels = restore_labels(logits, whole((1, 1, size)))
    assert labels.dtype == np.uint16 and (labels == 299).all()


def test_the_first_of_equal_classes_wins_with_and_without_resampling():
    logits = np.zeros((2, 2, 2, 3), np.float32)
    assert not restore_labels(logits, whole((2, 2, 2))).any()
    assert not restore_labels(logits, whole((3, 3, 3))).any()


@pytest.mark.parametrize("shape", [(5, 6, 7), (9, 11, 8)])
def test_regions_are_painted_in_their_order_where_their_resampled_logit_is_above_0(shape):
    logits = logits_of((5, 6, 7), classes=3)
    labels = restore_labels(logits, whole(shape), painted=(2, 5, 1))
    values = resample(logits, shape, (1, 1, 1))
    expected = np.zeros(shape, np.uint8)
    for channel, value in enumerate((2, 5, 1)):
        expected[values[..., channel] > 0] = value
    np.testing.assert_array_equal(labels, expected)
    assert labels.dtype == np.uint8 and set(np.unique(labels)) == {0, 1, 2, 5}


def test_a_single_region_is_a_mask_of_one_value():
    logits = logits_of((3, 3, 3), classes=1)
    labels = restore_labels(logits, whole((3, 3, 3)), painted=(300,))
    np.testing.assert_array_equal(labels, np.where(logits[..., 0] > 0, 300, 0))


def test_the_largest_piece_is_that_of_the_region_not_of_what_is_left_to_see_of_it():
    """A rim round a core is two pieces to look at, and one region with its core."""
    logits = np.full((1, 1, 9, 2), -1.0, np.float32)
    logits[0, 0, 0:2, 0] = 1.0
    logits[0, 0, 3:8, 0] = 1.0
    logits[0, 0, 4:6, 1] = 1.0
    labels = restore_labels(logits, whole((1, 1, 9)), painted=(1, 2), keep_largest=True)
    assert labels[0, 0].tolist() == [0, 0, 0, 1, 2, 2, 1, 1, 0]
