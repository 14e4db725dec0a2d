import numpy as np
import pytest
from scipy import ndimage
from surface_distance import lookup_tables

from kseg.evaluate.surface_area import surface_areas_mm2

SPACINGS_MM = ((1.0, 1.0, 1.0), (3.0, 1.5, 1.5), (0.3, 0.9, 4.7), (5.0, 0.68, 0.71))


@pytest.mark.parametrize("spacing_mm", SPACINGS_MM)
def test_all_256_areas_are_surface_distance_s(spacing_mm):
    expected = lookup_tables.create_table_neighbour_code_to_surface_area(spacing_mm)
    np.testing.assert_allclose(surface_areas_mm2(spacing_mm), expected, rtol=1e-12, atol=0.0)


def test_only_cells_all_inside_or_all_outside_have_no_surface():
    areas = surface_areas_mm2((3.0, 1.5, 0.7))
    np.testing.assert_array_equal(np.flatnonzero(areas == 0.0), [0, 255])


def test_inside_and_outside_may_be_swapped():
    areas = surface_areas_mm2((3.0, 1.5, 0.7))
    np.testing.assert_array_equal(areas, areas[::-1])


def test_area_grows_with_the_square_of_the_spacing():
    np.testing.assert_allclose(
        surface_areas_mm2((6.0, 3.0, 1.4)), 4.0 * surface_areas_mm2((3.0, 1.5, 0.7)), rtol=1e-14
    )


def test_areas_of_a_large_ball_s_cells_add_up_to_its_surface():
    """The faces of voxels would add up to half as much again."""
    radius, spacing_mm = 20.0, (1.0, 1.0, 1.0)
    ball = sum((axis - 25.0) ** 2 for axis in np.ogrid[:51, :51, :51]) <= radius**2
    kernel = np.array([1 << bit for bit in range(8)]).reshape(2, 2, 2)
    codes = ndimage.correlate(ball.astype(np.int64), kernel, mode="constant")
    area = surface_areas_mm2(spacing_mm)[codes].sum()
    # Steps of whole voxels make the drawn surface rougher than the ball, by up to a tenth.
    assert 1.0 < area / (4.0 * np.pi * radius**2) < 1.12
