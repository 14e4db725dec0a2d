import pytest

from kseg.volume import check_same_grid, make_grid
from tests.volume.make import affine_of


def compare(affine, shape=(6, 5, 4)):
    findings = check_same_grid(
        make_grid(affine_of("RAS"), (6, 5, 4)), make_grid(affine, shape), "i.nii", "l.nii"
    )
    return [(finding.code, finding.severity) for finding in findings], findings


def moved(voxels):
    affine = affine_of("RAS")
    affine[2, 3] += 3.0 * voxels
    return affine


def test_equal_grids_have_nothing_to_say():
    assert compare(affine_of("RAS"))[0] == []


def test_d05_another_shape_names_both_files_and_shapes():
    codes, findings = compare(affine_of("RAS"), shape=(6, 5, 3))
    assert codes == [("KS-D05", "refuse")] and findings[0].file == "l.nii"
    assert "6×5×3" in findings[0].why and "6×5×4 of i.nii" in findings[0].why


@pytest.mark.parametrize("voxels", [0.11, -5])
def test_d06_more_than_a_tenth_of_a_voxel_is_refused(voxels):
    codes, findings = compare(moved(voxels))
    assert codes == [("KS-D06", "refuse")] and "i.nii" in findings[0].why


def test_d06_less_is_a_repair():
    assert compare(moved(0.09))[0] == [("KS-D06", "repair")]


def test_d06_a_mirrored_label_is_refused():
    assert compare(affine_of("LAS"))[0] == [("KS-D06", "refuse")]


def test_a_tilt_shows_at_the_corners():
    assert compare(affine_of("RAS", tilt_degrees=5))[0] == [("KS-D06", "refuse")]
