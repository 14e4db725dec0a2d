import nibabel as nib
import numpy as np
import pytest

from kseg.volume import (
    Volume,
    check_label_grid,
    check_same_grid,
    make_grid,
    read_grid,
    read_labels,
)
from kseg.volume.same_grid import check_same_canonical_grid, turned_like
from tests.volume.make import affine_of

# Voxel (i, j, k) of a volume whose first axis is y turned round and whose second is x.
OTHER_AXES = np.array([[0, 1, 0, 0], [-1, 0, 0, 4], [0, 0, 1, 0], [0, 0, 0, 1.0]])


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


def written(path, code, voxels_xyz=None, tilt_degrees=0.0, turn=None, shift_mm=0.0):
    """Write a mask whose places in the world are those of "RAS", stored by another axis code."""
    base = affine_of("RAS", tilt_degrees=tilt_degrees)
    if turn is not None:
        base[:3, :3] = turn @ base[:3, :3]
    base[0, 3] += shift_mm
    voxels = np.arange(120, dtype=np.uint8).reshape(6, 5, 4) if voxels_xyz is None else voxels_xyz
    nii = nib.Nifti1Image(voxels, base)
    change = nib.orientations.ornt_transform(
        nib.orientations.axcodes2ornt("RAS"), nib.orientations.axcodes2ornt(code)
    )
    stored = nii.as_reoriented(change)
    stored.header.set_xyzt_units("mm")
    stored.set_qform(stored.affine, code=1)
    stored.set_sform(stored.affine, code=1)
    stored.to_filename(path)
    return path


def canonical(first, second):
    found = check_same_canonical_grid(first, second, "the true mask", "mine.nii")
    return [(finding.code, finding.severity) for finding in found], found


@pytest.mark.parametrize("code", ["RAS", "LPS", "SAR", "PIR", "ALS"])
def test_one_grid_stored_in_any_order_is_one_grid(tmp_path, code):
    first = read_labels(written(tmp_path / "a.nii", "RAS"))
    second = read_labels(written(tmp_path / "b.nii", code))
    assert canonical(first, second)[0] == []
    assert turned_like(second, first) is second and (first.voxels == second.voxels).all()
    stored = check_same_grid(first.grid, second.grid, "a.nii", "b.nii")
    assert bool(stored) is (code != "RAS")


def test_other_places_are_refused_in_words_of_names_alone(tmp_path):
    first = read_labels(written(tmp_path / "a.nii", "RAS"))
    second = read_labels(written(tmp_path / "b.nii", "LPS", shift_mm=40.0))
    codes, (finding,) = canonical(first, second)
    assert codes == [("KS-D06", "refuse")] and finding.file == "mine.nii"
    assert "40 mm (50 voxels) from those of the true mask" in finding.why


def test_another_shape_is_told_in_the_order_of_the_world(tmp_path):
    first = read_labels(written(tmp_path / "a.nii", "RAS"))
    voxels = np.zeros((6, 5, 3), np.uint8)
    second = read_labels(written(tmp_path / "b.nii", "SAR", voxels))
    codes, (finding,) = canonical(first, second)
    assert codes == [("KS-D05", "refuse")]
    assert "6×5×3 is not the 6×5×4 of the true mask" in finding.why


def test_a_hair_off_is_a_repair_that_names_whose_grid_holds(tmp_path):
    first = read_labels(written(tmp_path / "a.nii", "RAS"))
    second = read_labels(written(tmp_path / "b.nii", "LPS", shift_mm=0.05))
    codes, (finding,) = canonical(first, second)
    assert codes == [("KS-D06", "repair")]
    assert finding.why.endswith("the grid of the true mask is used for both")


def test_axes_near_45_degrees_are_turned_like_those_of_the_other(tmp_path):
    """Half a hundredth of a degree more or less, and another axis counts as x."""
    turns = []
    for degrees in (44.995, 45.005):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        turns.append(np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]))
    first = read_labels(written(tmp_path / "a.nii", "RAS", turn=turns[0]))
    second = read_labels(written(tmp_path / "b.nii", "RAS", turn=turns[1]))
    assert canonical(first, second)[0] == [("KS-D05", "refuse")]
    turned = turned_like(second, first)
    assert canonical(first, turned)[0] in ([], [("KS-D06", "repair")])
    assert (turned.voxels == first.voxels).all() and turned.voxels.flags.c_contiguous


def test_an_image_is_turned_with_its_channels(tmp_path):
    voxels = np.random.default_rng(0).random((4, 5, 6, 2))
    affine = affine_of("RAS")
    grid = make_grid(affine, (6, 5, 4))
    like = Volume(voxels, affine, grid)
    other = Volume(
        voxels[:, ::-1].transpose(0, 2, 1, 3), affine @ OTHER_AXES, make_grid(affine, (5, 6, 4))
    )
    turned = turned_like(other, like)
    assert (turned.voxels == voxels).all() and turned.affine == pytest.approx(affine)


@pytest.mark.parametrize("code", ["RAS", "LPS", "SAR", "PIR", "ALS"])
def test_headers_alone_tell_that_labels_stored_otherwise_fit_their_image(tmp_path, code):
    image = read_grid(written(tmp_path / "a.nii", "RAS"))
    labels = read_grid(written(tmp_path / "b.nii", code))
    assert check_label_grid(image, labels, "a.nii", "b.nii") == []
    moved = read_grid(written(tmp_path / "c.nii", code, shift_mm=40.0))
    (finding,) = check_label_grid(image, moved, "folder/a.nii", "b.nii")
    assert (finding.code, finding.severity, finding.file) == ("KS-D06", "refuse", "b.nii")
    assert finding.why.endswith("40 mm (50 voxels) from those of the image a.nii")
    near = read_grid(written(tmp_path / "d.nii", code, shift_mm=0.05))
    (finding,) = check_label_grid(image, near, "a.nii", "b.nii")
    assert (finding.code, finding.severity) == ("KS-D06", "repair")
    assert finding.why.endswith("the grid of the image a.nii is used for both")


def test_the_shapes_of_labels_stored_otherwise_are_told_in_the_order_of_the_world(tmp_path):
    image = read_grid(written(tmp_path / "a.nii", "RAS"))
    voxels = np.zeros((6, 5, 3), np.uint8)
    labels = read_grid(written(tmp_path / "b.nii", "SAR", voxels))
    (finding,) = check_label_grid(image, labels, "a.nii", "b.nii")
    assert finding.code == "KS-D05" and "6×5×3 is not the 6×5×4 of the image" in finding.why
