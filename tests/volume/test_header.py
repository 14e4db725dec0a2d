import resource
import sys

import nibabel as nib
import numpy as np
import pytest

from kseg.errors import VolumeError
from kseg.volume import header as header_module
from kseg.volume import read_grid, read_image, read_labels
from tests.volume.make import nifti_bytes, nifti_file, put, ramp


def code_of(folder, array=None, *, name="a.nii", **fields):
    path = put(folder, name, nifti_bytes(array, **fields))
    with pytest.raises(VolumeError) as caught:
        read_image(path)
    assert caught.value.file == str(path) and caught.value.fix
    return caught.value.code


def test_a10_an_analyze_file_and_half_a_pair_are_refused(tmp_path):
    assert code_of(tmp_path, magic=b"") == "KS-A10"
    assert code_of(tmp_path, magic=b"ni1") == "KS-A10"
    assert code_of(tmp_path, version=2, magic=b"ni2") == "KS-A10"
    assert code_of(tmp_path, version=2, eol_check=[10, 10, 26, 10]) == "KS-A10"


@pytest.mark.parametrize("fields", [{"dim0": 9}, {"dim0": 0}, {"dim1": -3}, {"dim3": 0}])
def test_a11_impossible_axes_are_refused_by_field(tmp_path, fields):
    assert code_of(tmp_path, **fields) == "KS-A11"


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a12_a_header_bomb_is_refused_before_anything_is_allocated(tmp_path, name):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert code_of(tmp_path, name=name, dim1=32767, dim2=32767, dim3=32767) == "KS-A12"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a12_more_voxels_than_memory_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(header_module, "memory_limit_bytes", lambda: 100)
    assert code_of(tmp_path) == "KS-A12"


@pytest.mark.parametrize("fields", [{"datatype": 9999}, {"datatype": 1536}, {"bitpix": 32}])
def test_a13_unknown_types_are_refused(tmp_path, fields):
    assert code_of(tmp_path, **fields) == "KS-A13"


def test_a13_complex_voxels_are_refused(tmp_path):
    assert code_of(tmp_path, ramp(dtype=np.complex64)) == "KS-A13"


def test_a13_an_empty_bitpix_is_accepted(tmp_path):
    assert read_image(nifti_file(tmp_path, bitpix=0)).findings == ()


@pytest.mark.parametrize("offset", [0, np.nan, np.inf, -352, 352.5, 348, 1e9])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a14_an_impossible_offset_is_refused(tmp_path, offset, name):
    assert code_of(tmp_path, name=name, vox_offset=offset) == "KS-A14"


def test_an_offset_beyond_extensions_is_followed(tmp_path):
    data = nifti_bytes(vox_offset=368)
    path = put(tmp_path, "a.nii.gz", data[:352] + b"EXTENSION OF 16B" + data[352:])
    np.testing.assert_array_equal(nib.load(path).shape, (6, 5, 4))
    plain = read_image(nifti_file(tmp_path, name="b.nii"))
    np.testing.assert_array_equal(read_image(path).voxels, plain.voxels)


@pytest.mark.parametrize("endian", ["<", ">"])
def test_a15_nifti_2_is_accepted(tmp_path, endian):
    image = read_image(nifti_file(tmp_path, version=2, endian=endian))
    np.testing.assert_array_equal(image.voxels, read_image(nifti_file(tmp_path)).voxels)
    assert image.grid.stored.nifti_version == 2


def test_a16_cifti_is_refused(tmp_path):
    assert code_of(tmp_path, version=2, intent_code=3001) == "KS-A16"


@pytest.mark.parametrize("code", [128, 2304])
def test_c11_colour_is_refused(tmp_path, code):
    assert code_of(tmp_path, datatype=code, bitpix=24) == "KS-C11"


@pytest.mark.parametrize("slope", [0, np.nan, np.inf])
def test_c02_a_slope_of_zero_means_unscaled_and_a_lost_intercept_is_noted(tmp_path, slope):
    image = read_image(nifti_file(tmp_path, scl_slope=slope, scl_inter=5))
    assert [(f.code, f.severity) for f in image.findings] == [("KS-C02", "note")]
    np.testing.assert_array_equal(image.voxels, read_image(nifti_file(tmp_path)).voxels)
    assert read_image(nifti_file(tmp_path, scl_slope=slope, scl_inter=0)).findings == ()


def test_c02_an_intercept_that_is_no_number_is_refused(tmp_path):
    assert code_of(tmp_path, scl_slope=2, scl_inter=np.nan) == "KS-C02"


@pytest.mark.parametrize("shape", [(6, 5, 4, 1), (6, 5, 4, 1, 1)])
def test_d01_trailing_axes_of_one_are_dropped_and_said(tmp_path, shape):
    path = nifti_file(tmp_path, ramp(shape))
    image = read_image(path, channels=1)
    assert [(f.code, f.severity) for f in image.findings] == [("KS-D01", "repair")]
    np.testing.assert_array_equal(image.voxels, read_image(nifti_file(tmp_path)).voxels)
    assert read_labels(nifti_file(tmp_path, ramp(shape))).voxels.shape == (4, 5, 6)


def test_d03_a_vector_field_is_refused(tmp_path):
    assert code_of(tmp_path, ramp((6, 5, 4, 1, 3))) == "KS-D03"


@pytest.mark.parametrize("shape", [(6,), (6, 5), (6, 5, 1), (1, 5, 4), (6, 5, 1, 3)])
def test_d04_a_single_slice_is_refused(tmp_path, shape):
    assert code_of(tmp_path, ramp(shape)) == "KS-D04"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /dev")
def test_a_device_is_refused():
    with pytest.raises(VolumeError):
        read_grid("/dev/null")
