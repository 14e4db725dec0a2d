import numpy as np
import pytest

from kseg.predict import keep_largest_component


def flood(labels):
    """Keep the largest piece of each label by walking from voxel to neighbour."""
    kept = np.zeros_like(labels)
    for label in set(labels[labels > 0].tolist()):
        left = {tuple(place) for place in np.argwhere(labels == label).tolist()}
        pieces = []
        for start in sorted(left):
            if start not in left:
                continue
            left.remove(start)
            piece, border = [start], [start]
            while border:
                z, y, x = border.pop()
                near = {
                    place
                    for place in left
                    if max(abs(place[0] - z), abs(place[1] - y), abs(place[2] - x)) == 1
                }
                left -= near
                piece += near
                border += near
            pieces.append(piece)
        for place in max(pieces, key=len):
            kept[place] = label
    return kept


@pytest.mark.parametrize("seed", range(8))
def test_the_largest_piece_is_the_one_that_a_walk_finds(seed):
    rng = np.random.default_rng(seed)
    labels = rng.choice(4, (5, 6, 7), p=[0.82, 0.06, 0.06, 0.06]).astype(np.uint8)
    np.testing.assert_array_equal(keep_largest_component(labels), flood(labels))


def test_voxels_that_touch_by_a_corner_are_one_piece():
    labels = np.zeros((3, 3, 3), np.uint8)
    labels[0, 0, 0] = labels[1, 1, 1] = 1
    np.testing.assert_array_equal(keep_largest_component(labels), labels)


def test_of_two_equal_pieces_the_first_stays():
    assert keep_largest_component(np.array([[[2, 0, 2]]])).tolist() == [[[2, 0, 0]]]


def test_the_input_is_not_changed_and_an_empty_mask_stays_empty():
    labels = np.array([[[1, 1, 0, 1]]], np.uint8)
    assert keep_largest_component(labels).sum() == 2 and labels.sum() == 3
    assert keep_largest_component(np.zeros((2, 2, 2), np.uint8)).sum() == 0
