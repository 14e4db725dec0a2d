import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.path import Path as MatplotlibPath

from kseg.report.outlines import outline_path


def loops_of(path):
    """Corners (x, y) of each loop, read as a browser reads the path."""
    loops = []
    for text in re.findall(r"M([^Mz]*)z", path):
        start, *steps = re.findall(r"[hv]?-?\d+(?: -?\d+)?", text)
        x, y = map(int, start.split())
        corners = [(x, y)]
        for step in steps:
            x += int(step[1:]) if step[0] == "h" else 0
            y += int(step[1:]) if step[0] == "v" else 0
            corners.append((x, y))
        loops.append(corners)
    return loops


def area_of(corners):
    x, y = np.array(corners).T
    return 0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)


def filled(path, shape):
    """The mask that a path encloses, by another library: the middles of pixels inside it."""
    y, x = np.indices(shape)
    middles = np.column_stack([x.ravel() + 0.5, y.ravel() + 0.5])
    inside = np.zeros(len(middles), bool)
    for corners in loops_of(path):
        inside ^= MatplotlibPath([*corners, corners[0]]).contains_points(middles)
    return inside.reshape(shape)


masks = arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))


@settings(max_examples=40)
@given(masks)
def test_the_path_encloses_exactly_the_mask(mask):
    path = outline_path(mask)
    assert sum(map(area_of, loops_of(path))) == mask.sum()
    np.testing.assert_array_equal(filled(path, mask.shape), mask)


@settings(max_examples=40)
@given(masks)
def test_a_loop_turns_at_every_corner(mask):
    for corners in loops_of(outline_path(mask)):
        turns = np.diff([*corners, corners[0]], axis=0)
        assert (np.count_nonzero(turns, axis=1) == 1).all()
        assert (np.argmax(turns[1:] != 0, 1) != np.argmax(turns[:-1] != 0, 1)).all()


def test_a_pixel_covers_one_unit_from_its_index_on():
    mask = np.zeros((5, 7), bool)
    mask[2, 4] = True
    assert outline_path(mask) == "M4 2h1v1h-1z"


def test_a_hole_runs_the_other_way_round():
    mask = np.ones((3, 3), bool)
    mask[1, 1] = False
    assert [area_of(corners) for corners in loops_of(outline_path(mask))] == [9, -1]


def test_pixels_that_touch_at_a_corner_are_outlined_each():
    for board in (np.indices((5, 6)).sum(axis=0) % 2 == parity for parity in (0, 1)):
        loops = re.findall("M[^M]*", outline_path(board))
        assert len(loops) == board.sum()
        assert {re.sub("M.*?h", "h", loop, count=1) for loop in loops} == {"h1v1h-1z"}


def test_an_empty_mask_has_no_path():
    assert outline_path(np.zeros((4, 4), bool)) == ""
    assert outline_path(np.zeros((0, 4), bool)) == ""


def test_a_mask_of_three_axes_is_refused():
    with pytest.raises(ValueError, match="must have 2 axes. Received"):
        outline_path(np.zeros((2, 2, 2), bool))


def test_the_outline_of_a_large_organ_takes_few_bytes():
    y, x = np.indices((512, 512))
    disc = (y - 250) ** 2 + (x - 260) ** 2 < 200**2
    assert len(outline_path(disc)) < 8000
