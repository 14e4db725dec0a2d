import pytest

from kseg.preprocess.grid import anisotropic_axis, interpolation_orders, target_shape


@pytest.mark.parametrize(
    ("spacing", "axis"),
    [
        ((5, 0.8, 0.8), 0),
        ((0.7, 0.7, 2.2), 2),
        ((3, 1, 1), None),
        ((2.0, 1.0, 1.0), None),
        ((5.0000001, 5.0, 0.8), None),
    ],
)
def test_one_axis_over_three_times_the_finest_is_coarse(spacing, axis):
    assert anisotropic_axis(spacing) == axis


def test_orders_look_at_the_present_grid_first_and_then_at_the_new_one():
    assert interpolation_orders((1, 1, 1), (1, 1, 1), 3) == (3, 3, 3)
    assert interpolation_orders((5, 1, 1), (1, 1, 5), 3) == (0, 3, 3)
    assert interpolation_orders((1, 1, 1), (1, 5, 1), 1) == (1, 0, 1)


def test_target_shape_keeps_the_extent_and_at_least_one_voxel():
    assert target_shape((40, 256, 1), (5, 1.5, 1.5), (3, 3, 9)) == (67, 128, 1)
