import numpy as np
import pytest

from kseg.errors import VolumeError
from kseg.volume import check_label_values, count_labels

NAMES = ("background", "liver", "lesion")


def labels(*values):
    return np.array([[values]], np.uint8)


def test_counts_are_those_of_numpy():
    array = np.random.default_rng(0).integers(0, 9, (7, 8, 9)).astype(np.uint16)
    np.testing.assert_array_equal(count_labels(array), np.bincount(array.ravel()))


def test_declared_values_are_counted_in_order():
    assert check_label_values(labels(0, 2, 2), NAMES, "a.nii") == (1, 0, 2)
    assert check_label_values(labels(0), NAMES, "a.nii") == (1, 0, 0)


def test_c05_undeclared_values_are_refused_with_counts_and_what_is_declared():
    with pytest.raises(VolumeError) as caught:
        check_label_values(labels(0, 1, 5, 5, 255), NAMES, "a.nii")
    assert caught.value.code == "KS-C05" and caught.value.file == "a.nii"
    for text in ("5 (2 voxels)", "255 (1 voxels)", "0 background, 1 liver, 2 lesion"):
        assert text in caught.value.why


def test_c05_an_image_given_as_label_is_recognised():
    with pytest.raises(VolumeError, match="image given as label"):
        check_label_values(np.arange(200, dtype=np.uint8).reshape(2, 10, 10), NAMES, "a.nii")
