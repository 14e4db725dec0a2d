import numpy as np
import pytest

from kseg.errors import VolumeError
from kseg.volume import read_case
from tests.volume.make import affine_of, nifti_file, ramp

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
    assert str(files[0]) in error.why and "6×5×3" in error.why and "6×5×4" in error.why


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
