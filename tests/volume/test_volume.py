import numpy as np
import pytest

from kseg.volume import read_image
from tests.volume.make import affine_of, nifti_file


@pytest.mark.parametrize("code", ["RAS", "SPL", "AIR"])
def test_spacing_and_shape_are_in_z_y_x_order(tmp_path, code):
    by_world = {letter: axis for axis, pair in enumerate(("LR", "PA", "IS")) for letter in pair}
    volume = read_image(nifti_file(tmp_path, affine=affine_of(code, tilt_degrees=3)))
    spacing = dict(zip((by_world[letter] for letter in code), (0.8, 1.5, 3.0), strict=True))
    shape = dict(zip((by_world[letter] for letter in code), (6, 5, 4), strict=True))
    np.testing.assert_allclose(volume.spacing_mm, [spacing[2], spacing[1], spacing[0]], rtol=1e-6)
    assert volume.shape_zyx == (shape[2], shape[1], shape[0])
