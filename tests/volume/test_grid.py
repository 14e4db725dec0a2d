import nibabel as nib
import numpy as np
import pytest

from kseg.volume import make_grid, read_grid
from tests.volume.make import ALL_ORIENTATIONS, SHAPE_XYZ, affine_of, nifti_file


@pytest.mark.parametrize("code", ALL_ORIENTATIONS[::5])
def test_a_made_grid_is_that_of_a_file_made_by_nibabel(tmp_path, code):
    affine = affine_of(code, tilt_degrees=9)
    made = make_grid(affine, SHAPE_XYZ)
    read = read_grid(nifti_file(tmp_path, affine=affine))
    np.testing.assert_array_equal(made.affine, read.affine)
    np.testing.assert_array_equal(made.affine_mm, read.affine_mm)
    for name in ("qfac_and_spacing", "quatern_bcd", "qoffset_xyz", "srow"):
        np.testing.assert_array_equal(getattr(made.stored, name), getattr(read.stored, name))
    assert (made.stored.qform_code, made.stored.sform_code, made.stored.space_units) == (1, 1, 2)
    assert made.shape_xyz == read.shape_xyz


def test_a_grid_tells_what_other_tools_read(tmp_path):
    path = nifti_file(tmp_path, affine=affine_of("PIR", tilt_degrees=5))
    np.testing.assert_array_equal(read_grid(path).affine, nib.load(path).affine)


@pytest.mark.parametrize("affine", [np.eye(3), np.zeros((4, 4))])
def test_an_affine_that_is_none_is_refused(affine):
    with pytest.raises(ValueError, match="affine"):
        make_grid(affine, SHAPE_XYZ)
