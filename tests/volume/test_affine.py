import nibabel as nib
import numpy as np
import pytest

from kseg.errors import VolumeError
from kseg.volume import read_grid
from kseg.volume.affine import GeometryOptions
from tests.volume.make import ALL_ORIENTATIONS, affine_of, nifti_file, ramp


def refused(path, **options):
    with pytest.raises(VolumeError) as caught:
        read_grid(path, **options)
    assert caught.value.fix
    return caught.value


def said(grid):
    return [(finding.code, finding.severity) for finding in grid.findings]


def with_other_sform(folder, sform, **options):
    """A file whose qform is the plain one and whose sform is given."""
    rows = {f"srow_{letter}": sform[row] for row, letter in enumerate("xyz")}
    return nifti_file(folder, **options, **rows)


def moved(by_mm):
    affine = affine_of()
    affine[0, 3] += by_mm
    return affine


def sheared(radians):
    affine = affine_of("RAS", spacing=(1, 1, 1))
    affine[0, 1] = np.tan(radians)
    return affine


def test_b01_no_orientation_is_refused_for_training(tmp_path):
    path = nifti_file(tmp_path, qform=0, sform=0)
    error = refused(path)
    assert error.code == "KS-B01" and "data.assume_orientation" in error.fix


def test_b01_prediction_assumes_what_nibabel_assumes_and_keeps_the_codes(tmp_path):
    path = nifti_file(tmp_path, qform=0, sform=0)
    grid = read_grid(path, purpose="predict")
    assert said(grid) == [("KS-B01", "repair")]
    np.testing.assert_array_equal(grid.affine, nib.load(path).affine)
    assert (grid.stored.qform_code, grid.stored.sform_code) == (0, 0)


@pytest.mark.parametrize("code", ALL_ORIENTATIONS[::7])
def test_b01_an_assumed_orientation_holds(tmp_path, code):
    grid = read_grid(nifti_file(tmp_path, qform=0, sform=0), assume_orientation=code)
    assert "".join(nib.aff2axcodes(grid.affine)) == code
    assert said(grid) == [("KS-B01", "repair")]


def test_b02_forms_that_differ_are_refused_with_the_distance(tmp_path):
    error = refused(with_other_sform(tmp_path, moved(50)))
    assert error.code == "KS-B02" and "50.0 mm" in error.why and "data.affine_from" in error.fix


def test_b02_the_recipe_decides(tmp_path):
    path = with_other_sform(tmp_path, moved(50))
    by_sform, by_qform = (read_grid(path, affine_from=form) for form in ("sform", "qform"))
    assert by_sform.affine[0, 3] - by_qform.affine[0, 3] == pytest.approx(50, abs=1e-4)
    assert said(by_sform) == said(by_qform) == [("KS-B02", "note")]


def test_b02_a_tenth_of_a_voxel_is_no_difference(tmp_path):
    assert said(read_grid(with_other_sform(tmp_path, moved(0.07)))) == []
    assert refused(with_other_sform(tmp_path, moved(0.09))).code == "KS-B02"


@pytest.mark.parametrize("affine_from", ["auto", "sform", "qform"])
def test_b03_forms_that_are_mirrored_are_always_refused(tmp_path, affine_from):
    path = with_other_sform(tmp_path, affine_of("RPS"))
    assert refused(path, affine_from=affine_from).code == "KS-B03"


def test_b04_shear_above_half_a_degree_is_refused(tmp_path):
    path = with_other_sform(tmp_path, sheared(0.02), qform=0)
    assert refused(path).code == "KS-B04"


def test_b04_smaller_shear_that_moves_corners_is_repaired_and_measured(tmp_path):
    plain = {"array": ramp((200, 200, 4)), "affine": sheared(0), "qform": 0}
    grid = read_grid(with_other_sform(tmp_path, sheared(0.005), **plain))
    assert said(grid) == [("KS-B04", "repair")] and "voxels" in grid.findings[0].why


def test_b05_rounding_shear_is_straightened_inside_only(tmp_path):
    path = with_other_sform(tmp_path, sheared(0.005), affine=sheared(0), qform=0)
    grid = read_grid(path)
    assert said(grid) == [("KS-B05", "repair")]
    np.testing.assert_array_equal(grid.affine, nib.load(path).affine)
    columns = grid.affine_mm[:3, :3]
    np.testing.assert_allclose(
        columns.T @ columns, np.diag(np.diag(columns.T @ columns)), atol=1e-9
    )


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_b06_a_singular_affine_is_refused(tmp_path, rank):
    sform = np.diag([*(1,) * rank, *(0,) * (3 - rank), 1.0])
    sform[0, 2] = rank
    path = with_other_sform(tmp_path, sform, qform=0)
    assert refused(path).code == "KS-B06"


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_b07_places_that_are_no_numbers_are_refused(tmp_path, bad):
    assert refused(nifti_file(tmp_path, qform=0, srow_x=[1, 0, 0, bad])).code == "KS-B07"
    assert refused(nifti_file(tmp_path, sform=0, quatern_b=bad)).code == "KS-B07"
    assert refused(nifti_file(tmp_path, sform=0, qoffset_z=bad)).code == "KS-B07"


def test_b08_a_negative_voxel_size_needs_a_sform(tmp_path):
    assert refused(nifti_file(tmp_path, sform=0, pixdim1=-0.8)).code == "KS-B08"
    assert ("KS-B08", "repair") in said(read_grid(nifti_file(tmp_path, pixdim1=-0.8)))


def test_b09_a_voxel_size_of_zero_needs_a_sform(tmp_path):
    assert refused(nifti_file(tmp_path, sform=0, pixdim2=0)).code == "KS-B09"
    assert refused(nifti_file(tmp_path, sform=0, qform=0, pixdim2=0)).code == "KS-B09"
    assert ("KS-B09", "repair") in said(read_grid(nifti_file(tmp_path, pixdim2=0)))


def test_b10_the_affine_gives_the_spacing_and_pixdim_is_noted(tmp_path):
    grid = read_grid(nifti_file(tmp_path, qform=0, pixdim3=7))
    assert said(grid) == [("KS-B10", "note")]
    np.testing.assert_allclose(np.linalg.norm(grid.affine_mm[:3, 2]), 3, rtol=1e-6)


def test_b11_a_quaternion_beyond_length_one_is_refused(tmp_path):
    fields = {"quatern_b": 0.9, "quatern_c": 0.9}
    assert refused(nifti_file(tmp_path, sform=0, **fields)).code == "KS-B11"
    assert refused(nifti_file(tmp_path, **fields)).code == "KS-B11"
    assert read_grid(nifti_file(tmp_path, **fields), affine_from="sform").findings == ()


@pytest.mark.parametrize(("units", "scale"), [(1, 0.001), (3, 1000.0)])
def test_b12_metres_and_microns_become_millimetres(tmp_path, units, scale):
    path = nifti_file(tmp_path, affine=affine_of() * [[scale], [scale], [scale], [1]], units=units)
    grid = read_grid(path)
    assert said(grid) == [("KS-B12", "note")]
    np.testing.assert_allclose(grid.affine_mm, affine_of(), rtol=1e-5)
    np.testing.assert_array_equal(grid.affine, nib.load(path).affine)


@pytest.mark.parametrize(("units", "spacing"), [(1, 1), (3, 1), (2, 999), (2, 0.001)])
def test_b12_voxels_of_unbelievable_size_are_refused(tmp_path, units, spacing):
    affine = affine_of(spacing=(spacing,) * 3, origin=(0, 0, 0))
    assert refused(nifti_file(tmp_path, affine=affine, units=units)).code == "KS-B12"


@pytest.mark.parametrize("units", [0, 2, 10])
def test_b12_millimetres_said_or_not_said_are_millimetres(tmp_path, units):
    assert said(read_grid(nifti_file(tmp_path, units=units))) == []


def test_a_qfac_of_zero_is_read_as_one(tmp_path):
    path = nifti_file(tmp_path, affine=affine_of("RAS"), sform=0, pixdim0=0)
    np.testing.assert_allclose(read_grid(path).affine, affine_of("RAS"), rtol=1e-6)


@pytest.mark.parametrize(
    "options",
    [{"affine_from": "both"}, {"purpose": "fun"}, {"assume_orientation": "LLS"}],
)
def test_options_that_do_not_exist_are_refused(options):
    with pytest.raises(ValueError, match="Received"):
        GeometryOptions(**options)
