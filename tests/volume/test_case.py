import numpy as np
import pytest

from kseg.errors import VolumeError
from kseg.volume import read_case
from tests.volume.make import ALL_ORIENTATIONS, affine_of, nifti_file, ramp, turn_file

NAMES = ("background", "liver", "lesion")


def pair(folder, labels=None, affine=None):
    image = nifti_file(folder, name="image.nii.gz")
    labels = (ramp() % 3).astype(np.uint8) if labels is None else labels
    return image, nifti_file(folder, labels, affine, name="label.nii.gz")


def refused(*arguments, **options):
    with pytest.raises(VolumeError) as caught:
        read_case(*arguments, **options)
    return caught.value


def test_an_image_and_its_labels_lie_on_one_grid(tmp_path):
    image, labels = read_case(*pair(tmp_path), label_names=NAMES, channels=1)
    np.testing.assert_array_equal(image.voxels[..., 0] % 3, labels.voxels)
    assert image.affine is labels.affine


def test_d05_another_shape_is_refused_naming_both(tmp_path):
    files = pair(tmp_path, ramp((6, 5, 3)) % 3)
    error = refused(*files)
    assert error.code == "KS-D05" and error.file == str(files[1])
    assert "6×5×3 is not the 6×5×4 of the image image.nii.gz" in error.why
    assert str(files[0].parent) not in error.why


def test_d06_another_place_is_refused_and_a_nearby_one_is_repaired(tmp_path):
    far, near = affine_of(), affine_of()
    far[2, 3] += 1
    near[2, 3] += 0.2
    assert refused(*pair(tmp_path, affine=far)).code == "KS-D06"
    image, labels = read_case(*pair(tmp_path, affine=near))
    assert [(f.code, f.severity) for f in labels.findings] == [("KS-D06", "repair")]
    np.testing.assert_array_equal(image.affine, labels.affine)


def test_c05_undeclared_labels_are_refused_by_file(tmp_path):
    files = pair(tmp_path)
    error = refused(*files, label_names=NAMES[:2])
    assert error.code == "KS-C05" and error.file == str(files[1])


def test_channel_files_are_one_image(tmp_path):
    image, label = pair(tmp_path)
    assert read_case([image, image], label, channels=2)[0].voxels.shape == (4, 5, 6, 2)


@pytest.mark.parametrize("code", ALL_ORIENTATIONS)
def test_b13_d06_labels_stored_in_any_of_48_orientations_fit_their_image(tmp_path, code):
    affine = affine_of("PIL", tilt_degrees=11)
    image = nifti_file(tmp_path, affine=affine, name="image.nii.gz")
    label = nifti_file(tmp_path, (ramp() % 3).astype(np.uint8), affine, name="label.nii.gz")
    _, expected = read_case(image, label, label_names=NAMES)
    turn_file(label, code)
    scan, labels = read_case(image, label, label_names=NAMES)
    np.testing.assert_array_equal(labels.voxels, expected.voxels)
    np.testing.assert_array_equal(labels.voxels, scan.voxels[..., 0] % 3)
    assert labels.voxels.flags.c_contiguous and labels.affine is scan.affine
    assert labels.findings == ()


@pytest.mark.parametrize("code", ["RAS", "LPS", "ASL", "IRP"])
def test_near_45_degrees_labels_take_the_axes_of_their_image(tmp_path, code):
    """Half a hundredth of a degree decides which axis counts as y, and the image decides."""
    files = []
    for name, degrees in (("image.nii.gz", 44.995), ("label.nii.gz", 45.005)):
        affine = affine_of("RAS", spacing=(1, 1, 1), tilt_degrees=degrees)
        files.append(nifti_file(tmp_path, (ramp() % 3).astype(np.uint8), affine, name=name))
    turn_file(files[1], code)
    image, labels = read_case(*files)
    np.testing.assert_array_equal(image.voxels[..., 0], labels.voxels)


@pytest.mark.parametrize("code", ["LAS", "SAL", "RPI"])
def test_d06_labels_turned_without_their_affine_are_refused(tmp_path, code):
    """The same voxels under an affine with an axis turned round lie elsewhere."""
    affine = affine_of("RAS", spacing=(1, 1, 1))
    image = nifti_file(tmp_path, ramp((5, 5, 5)), affine, name="image.nii.gz")
    labels = (ramp((5, 5, 5)) % 3).astype(np.uint8)
    turned = affine_of(code, spacing=(1, 1, 1))
    label = nifti_file(tmp_path, labels, turned, name="label.nii.gz")
    assert refused(image, label).code == "KS-D06"
