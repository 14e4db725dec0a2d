import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kseg.predict import batches, importance_map, window_origins, window_starts

axes = st.tuples(st.integers(1, 40), st.integers(0, 90), st.floats(0, 0.9))


@given(axes)
@settings(max_examples=200)
def test_windows_begin_at_0_end_at_the_border_and_leave_no_gap(axis):
    window, further, overlap = axis
    starts = window_starts(window + further, window, overlap)
    assert starts[0] == 0 and starts[-1] == further
    assert all(0 < after - before <= window for before, after in zip(starts, starts[1:]))


@given(axes)
@settings(max_examples=200)
def test_neighbours_overlap_at_least_as_asked(axis):
    window, further, overlap = axis
    starts = window_starts(window + further, window, overlap)
    for before, after in zip(starts, starts[1:]):
        shared = window - (after - before)
        # Windows cannot move by less than a voxel.
        assert shared >= overlap * window - 1e-6 or after - before == 1


@pytest.mark.parametrize(("size", "expected"), [(4, (0,)), (5, (0, 1)), (8, (0, 2, 4))])
def test_no_more_windows_are_used_than_needed(size, expected):
    assert window_starts(size, 4, 0.5) == expected


def test_rounding_in_the_overlap_does_not_double_the_windows():
    assert window_starts(14, 10, 0.8) == (0, 2, 4)


def test_an_axis_shorter_than_the_window_is_refused():
    with pytest.raises(ValueError, match="`size` must be at least `window`. Received: size=3"):
        window_starts(3, 4, 0.5)


def test_origins_are_all_combinations_of_the_axes():
    origins = window_origins((4, 5, 8), (4, 4, 4), 0.5)
    assert len(origins) == len(set(origins)) == 1 * 2 * 3
    assert (0, 1, 4) in origins


def test_batches_hold_every_origin_once_and_only_the_last_is_shorter():
    groups = list(batches(list(range(7)), 3))
    assert groups == [[0, 1, 2], [3, 4, 5], [6]]


@pytest.mark.parametrize("window", [(8, 8, 8), (7, 4, 1)])
def test_weights_fall_off_from_the_middle_alike_on_both_sides(window):
    weights = importance_map(window, "gaussian")
    assert weights.shape == window and weights.dtype == np.float32
    assert weights.max() == 1 and weights.min() >= 1e-3
    np.testing.assert_array_equal(weights, weights[::-1, ::-1, ::-1])
    assert (np.diff(weights[: window[0] // 2, 0, 0]) >= 0).all()


def test_constant_weights_are_all_one_and_other_blends_are_refused():
    assert (importance_map((2, 3, 4), "constant") == 1).all()
    with pytest.raises(ValueError, match='`blend` must be "gaussian" or "constant"'):
        importance_map((2, 3, 4), "linear")
