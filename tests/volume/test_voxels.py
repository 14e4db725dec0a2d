import nibabel as nib
import numpy as np
import pytest

from kseg.errors import VolumeError
from kseg.volume import read_image, read_labels
from tests.volume.make import SHAPE_XYZ, affine_of, nifti_file, ramp

TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]


def labels_refused(path):
    with pytest.raises(VolumeError) as caught:
        read_labels(path)
    assert caught.value.file == str(path) and caught.value.fix
    return caught.value


def with_value(value, dtype=np.float32):
    array = ramp(dtype=dtype)
    array[2, 1, 3] = value
    return array


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("dtype", TYPES)
def test_c12_every_type_and_byte_order_is_read_as_nibabel_reads_it(tmp_path, dtype, endian):
    array = (ramp() % 100).astype(dtype)
    path = nifti_file(tmp_path, array, affine_of("RAS"), endian=endian)
    image, labels = read_image(path).voxels, read_labels(path).voxels
    oracle = np.asarray(nib.load(path).dataobj).T
    np.testing.assert_array_equal(image[..., 0], oracle)
    np.testing.assert_array_equal(labels, oracle)
    assert image.dtype == np.float32 and image.dtype.isnative and image.flags.c_contiguous
    assert labels.dtype == np.uint8 and labels.flags.c_contiguous and image.flags.writeable


def test_c01_scaling_is_done_in_float64_and_kept_in_float32(tmp_path):
    array = ramp() * 101
    path = nifti_file(tmp_path, array, affine_of("RAS"), scl_slope=0.1, scl_inter=-1024.3)
    slope, intercept = float(np.float32(0.1)), float(np.float32(-1024.3))
    expected = (array.astype(np.float64) * slope + intercept).astype(np.float32).T
    np.testing.assert_array_equal(read_image(path).voxels[..., 0], expected)


def test_c03_labels_scaled_to_fractions_are_refused(tmp_path):
    path = nifti_file(tmp_path, ramp(dtype=np.uint8) % 3, scl_slope=1 / 255)
    error = labels_refused(path)
    assert error.code == "KS-C03" and "scl_slope" in error.why and "0.0078" in error.why


def test_c03_labels_scaled_to_almost_whole_numbers_are_rounded(tmp_path):
    path = nifti_file(tmp_path, (ramp(dtype=np.uint8) % 3) * 85, scl_slope=1 / 85)
    labels = read_labels(path)
    assert [(f.code, f.severity) for f in labels.findings] == [("KS-C03", "repair")]
    assert sorted(np.unique(labels.voxels)) == [0, 1, 2]


def test_c04_almost_whole_labels_are_rounded_not_cut(tmp_path):
    labels = read_labels(
        nifti_file(tmp_path, (ramp() % 3).astype(np.float32) - 1e-4 * (ramp() % 2))
    )
    assert [(f.code, f.severity) for f in labels.findings] == [("KS-C04", "repair")]
    counts = np.bincount(labels.voxels.ravel())
    np.testing.assert_array_equal(counts, np.bincount((ramp() % 3).ravel()))


def test_c04_other_fractions_are_refused_with_the_worst_five(tmp_path):
    array = (ramp() % 3).astype(np.float32)
    array[0, 0, :] = [10.92, 3.5, 2.002, 1.3]
    array[1, 0, :2] = [0.25, 7.01]
    error = labels_refused(nifti_file(tmp_path, array))
    assert error.code == "KS-C04"
    for value in ("3.5", "1.3", "0.25", "10.92", "7.01"):
        assert value in error.why
    assert "2.002" not in error.why


@pytest.mark.parametrize(
    ("value", "dtype"), [(-1, "i2"), (70000, "i4"), (-1024, "f4"), (2**60, "u8")]
)
def test_c05_values_that_cannot_be_labels_are_refused(tmp_path, value, dtype):
    error = labels_refused(nifti_file(tmp_path, with_value(value, dtype)))
    assert error.code == "KS-C05" and "image given as label" in error.why


@pytest.mark.parametrize("dtype", ["i2", "f4", "i8"])
@pytest.mark.parametrize("largest", [255, 256])
def test_c07_labels_take_the_smallest_type_that_holds_them(tmp_path, dtype, largest):
    labels = read_labels(nifti_file(tmp_path, with_value(largest, dtype))).voxels
    assert labels.dtype == (np.uint8 if largest == 255 else np.uint16) and labels.max() == largest


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_c09_voxels_that_are_no_numbers_are_refused(tmp_path, value):
    path = nifti_file(tmp_path, with_value(value))
    with pytest.raises(VolumeError) as caught:
        read_image(path)
    assert caught.value.code == "KS-C09" and caught.value.why.startswith("1 of its 120 voxels")
    assert labels_refused(path).code == "KS-C09"


def test_c09_replaced_when_asked_by_the_lowest_and_highest(tmp_path):
    array = ramp(dtype=np.float32) - 7
    array[0, 0, :3] = [np.nan, np.inf, -np.inf]
    finite = array[np.isfinite(array)]
    image = read_image(nifti_file(tmp_path, array, affine_of("RAS")), nonfinite="replace")
    assert [(f.code, f.severity) for f in image.findings] == [("KS-C09", "repair")]
    low, high = finite.min(), finite.max()
    np.testing.assert_array_equal(image.voxels[:3, 0, 0, 0], [low, high, low])
    np.testing.assert_array_equal(image.voxels.min(), low)


def test_c09_an_image_without_a_number_is_always_refused(tmp_path):
    path = nifti_file(tmp_path, np.full(SHAPE_XYZ, np.nan, np.float32))
    with pytest.raises(VolumeError, match="KS-C09"):
        read_image(path, nonfinite="replace")


def test_c09_a_double_too_large_for_float32_is_no_number(tmp_path):
    with pytest.raises(VolumeError, match="KS-C09"):
        read_image(nifti_file(tmp_path, with_value(1e300, np.float64)))
