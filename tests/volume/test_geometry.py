import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kseg.volume import geometry
from tests.volume.make import ALL_ORIENTATIONS, SHAPE_XYZ, affine_of, ramp


@pytest.mark.parametrize("tilt", [0, 17])
@pytest.mark.parametrize("code", ALL_ORIENTATIONS)
def test_canonical_order_is_that_of_nibabel(code, tilt):
    affine = affine_of(code, tilt_degrees=tilt)
    oracle = nib.as_closest_canonical(nib.Nifti1Image(ramp(), affine))
    axes = geometry.canonical_axes(affine)
    view = axes.view_zyx(ramp().T)
    np.testing.assert_array_equal(view, np.asarray(oracle.dataobj).T)
    ours = geometry.canonical_affine(affine, SHAPE_XYZ)
    np.testing.assert_allclose(ours, oracle.affine, rtol=0, atol=1e-10)


def test_a_view_copies_nothing():
    array = ramp()
    view = geometry.canonical_axes(affine_of("SPL")).view_zyx(array.T)
    assert np.shares_memory(view, array)


def test_leading_axes_stay_in_front():
    array = np.stack([ramp(), ramp() + 1])
    view = geometry.canonical_axes(affine_of("ALI")).view_zyx(array.transpose(0, 3, 2, 1))
    np.testing.assert_array_equal(view[1], view[0] + 1)


rotations = st.tuples(*[st.floats(-1, 1) for _ in range(3)]).map(Rotation.from_rotvec)


@settings(max_examples=25)
@given(rotations, st.tuples(*[st.floats(0.1, 10) for _ in range(3)]))
def test_a_rotated_grid_has_no_shear_and_is_its_own_straightening(rotation, spacing):
    affine = np.eye(4)
    affine[:3, :3] = rotation.as_matrix() * spacing
    affine[:3, 3] = (5, -7, 1000)
    assert geometry.shear_degrees(affine) < 1e-5
    np.testing.assert_allclose(geometry.without_shear(affine, (9, 8, 7)), affine, atol=1e-9)


def test_straightening_keeps_spacing_and_centre():
    affine = affine_of("RAS")
    affine[0, 1] = 0.01
    straight = geometry.without_shear(affine, SHAPE_XYZ)
    assert geometry.shear_degrees(straight) < 1e-9
    centre = [*(np.array(SHAPE_XYZ) - 1) / 2, 1]
    np.testing.assert_allclose(straight @ centre, affine @ centre, atol=1e-12)
    np.testing.assert_allclose(
        np.linalg.norm(straight[:3, :3], axis=0), np.linalg.norm(affine[:3, :3], axis=0)
    )


def test_corner_distances_are_in_the_units_of_their_names():
    first, second = np.diag([2.0, 2, 2, 1]), np.diag([2.0, 2, 2.2, 1])
    assert geometry.corner_distance_mm(first, second, (5, 5, 11)) == pytest.approx(2.0)
    assert geometry.corner_distance_voxels(first, second, (5, 5, 11)) == pytest.approx(1.0)
