import nibabel as nib
import numpy as np
import pytest

from kseg.volume.orientation import check_orientation_code, oriented_affine
from tests.volume.make import ALL_ORIENTATIONS


@pytest.mark.parametrize("code", ALL_ORIENTATIONS)
def test_an_affine_points_where_its_code_says_and_is_centred(code):
    affine = oriented_affine(code, np.array([1.0, 2, 3]), (5, 6, 7))
    assert "".join(nib.aff2axcodes(affine)) == code
    np.testing.assert_allclose(affine @ [2, 2.5, 3, 1], [0, 0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(nib.affines.voxel_sizes(affine), [1, 2, 3])


@pytest.mark.parametrize("code", ["", "LA", "LAX", "LRS", "las", "LASS"])
def test_what_is_no_code_is_refused(code):
    with pytest.raises(ValueError, match="assume_orientation"):
        check_orientation_code(code)
