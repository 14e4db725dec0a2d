import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays

from kseg.evaluate import components
from kseg.evaluate.components import connected_components
from tests.evaluate.mask_pairs import mask_pair

MASKS = arrays(bool, array_shapes(min_dims=3, max_dims=3, max_side=7))


def without_cc3d(mask):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(components, "cc3d", None)
        return connected_components(mask)


def assert_same_pieces(mask):
    pieces, count = connected_components(mask)
    others, other_count = without_cc3d(mask)
    assert count == other_count
    np.testing.assert_array_equal(pieces > 0, mask)
    np.testing.assert_array_equal(others > 0, mask)
    # Each number of the one goes with one number of the other.
    pairs = np.unique(np.stack([pieces.ravel(), others.ravel()]).astype(np.int64), axis=1)
    assert pairs.shape[1] == count + (not mask.all())


@settings(max_examples=150)
@given(mask=MASKS)
def test_with_and_without_cc3d_the_pieces_are_the_same(mask):
    pytest.importorskip("cc3d", reason="the extra `fast` is not installed")
    assert_same_pieces(mask)


def test_pieces_of_larger_masks_are_the_same_too():
    pytest.importorskip("cc3d", reason="the extra `fast` is not installed")
    for seed in range(60):
        for mask in mask_pair(seed)[:2]:
            assert_same_pieces(mask)


@pytest.mark.parametrize("find", [connected_components, without_cc3d])
def test_voxels_that_touch_by_a_corner_belong_together(find):
    mask = np.zeros((4, 4, 4), bool)
    mask[0, 0, 0] = mask[1, 1, 1] = mask[3, 3, 3] = True
    pieces, count = find(mask)
    assert count == 2
    assert pieces[0, 0, 0] == pieces[1, 1, 1] != pieces[3, 3, 3]


@pytest.mark.parametrize("find", [connected_components, without_cc3d])
@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 3, 3), (1, 9, 33), (5, 31, 31)])
def test_as_many_pieces_are_found_as_an_array_can_hold(find, shape):
    mask = np.zeros(shape, bool)
    mask[::2, ::2, ::2] = True
    assert find(mask)[1] == mask.sum()


@pytest.mark.parametrize("find", [connected_components, without_cc3d])
@pytest.mark.parametrize("shape", [(3, 4, 5), (0, 4, 5)])
def test_empty_mask_has_no_piece(find, shape):
    pieces, count = find(np.zeros(shape, bool))
    assert count == 0 and pieces.shape == shape and not pieces.any()


@pytest.mark.parametrize("find", [connected_components, without_cc3d])
def test_mask_cut_out_of_a_larger_one_is_read_right(find):
    mask = np.zeros((6, 6, 6), bool)
    mask[1, 1, 1] = mask[3, 3, 3] = mask[5, 5, 5] = True
    assert find(mask[::2, ::2, ::2])[1] == 0
    assert find(mask[1::2, 1::2, 1::2])[1] == 1
    assert find(mask[1:4, 1:4, 1:4].T)[1] == 2
