import gzip
import os
import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kseg.errors import VolumeError
from kseg.volume import Volume, read_grid, read_image, read_labels
from tests.volume.make import affine_of, nifti_bytes, nifti_file, ramp

NIBABEL_DATA = Path(nib.__file__).parent / "tests" / "data"
DATA = os.environ.get("KSEG_TEST_DATA")


def refused(*arguments, **options):
    with pytest.raises(VolumeError) as caught:
        read_image(*arguments, **options)
    return caught.value


def test_an_image_is_canonical_float32_with_channels_last(tmp_path):
    array = np.stack([ramp(), ramp() + 1000], axis=-1)
    path = nifti_file(tmp_path, array, affine_of("LPS"))
    image = read_image(path, channels=2)
    oracle = nib.as_closest_canonical(nib.load(path))
    np.testing.assert_array_equal(image.voxels, np.asarray(oracle.dataobj).transpose(2, 1, 0, 3))
    np.testing.assert_allclose(image.affine, oracle.affine, atol=1e-12)
    assert image.voxels.dtype == np.float32 and image.voxels.flags.c_contiguous
    assert image.grid.shape_xyz == (6, 5, 4) and image.grid.channels == 2
    assert image.findings == ()


def test_one_file_a_channel_gives_the_same_image_as_one_file(tmp_path):
    whole = nifti_file(tmp_path, np.stack([ramp(), ramp() + 1000], axis=-1))
    parts = [
        nifti_file(tmp_path, ramp() + 1000 * index, name=f"scan_000{index}.nii.gz")
        for index in range(2)
    ]
    image = read_image(parts, channels=2)
    np.testing.assert_array_equal(image.voxels, read_image(str(whole)).voxels)
    assert image.voxels.flags.c_contiguous and image.grid.channels == 1


def test_channel_files_on_other_grids_are_refused_naming_both(tmp_path):
    first = nifti_file(tmp_path, name="scan_0000.nii.gz")
    other = nifti_file(tmp_path, affine=affine_of("LPS", tilt_degrees=9), name="scan_0001.nii.gz")
    small = nifti_file(tmp_path, ramp((6, 5, 3)), name="scan_0002.nii.gz")
    for code, path in (("KS-D06", other), ("KS-D05", small)):
        error = refused([first, path])
        assert error.code == code and error.file == str(path) and first.name in error.why


def test_d02_the_number_of_channels_must_be_the_declared_one(tmp_path):
    two = nifti_file(tmp_path, np.stack([ramp(), ramp()], axis=-1))
    one = nifti_file(tmp_path, name="one.nii.gz")
    assert "a time series?" in refused(two, channels=1).why
    for paths, channels in ((two, 1), (two, 3), (one, 2), ([one, one], 3), ([one, two], 2)):
        assert refused(paths, channels=channels).code == "KS-D02"
    undeclared = read_image(two)
    assert undeclared.voxels.shape[-1] == read_grid(two).channels == 2
    assert [(f.code, f.severity) for f in undeclared.findings] == [("KS-D02", "note")]
    with pytest.raises(VolumeError, match="KS-D02"):
        read_labels(two)


def test_a_damaged_channel_is_named(tmp_path):
    first, second = (nifti_file(tmp_path, name=f"s_{n}.nii.gz") for n in range(2))
    second.write_bytes(second.read_bytes()[:-20])
    assert refused([first, second]).file == str(second)


def test_findings_of_all_channels_are_kept(tmp_path):
    files = [nifti_file(tmp_path, name=f"s_{n}.nii.gz", qform=0, pixdim3=7) for n in range(2)]
    assert [f.file for f in read_image(files).findings] == [str(file) for file in files]


def test_programmers_mistakes_are_told(tmp_path):
    with pytest.raises(ValueError, match="paths"):
        read_image([])
    with pytest.raises(ValueError, match="nonfinite"):
        read_image(tmp_path / "a.nii", nonfinite="ignore")


@pytest.mark.parametrize(
    "name",
    [
        "anatomical.nii",
        "reoriented_anat_moved.nii",
        "standard.nii.gz",
        "functional.nii",
        "example4d.nii.gz",
        "example_nifti2.nii.gz",
    ],
)
def test_volumes_in_nibabels_test_data_are_read_as_nibabel_reads_them(name):
    if not (NIBABEL_DATA / name).exists():
        pytest.skip("nibabel was installed without its test data")
    image = read_image(NIBABEL_DATA / name)
    oracle = np.asarray(nib.as_closest_canonical(nib.load(NIBABEL_DATA / name)).dataobj)
    oracle = oracle.reshape(*oracle.shape[:3], -1).transpose(2, 1, 0, 3)
    np.testing.assert_allclose(image.voxels, oracle, rtol=1e-6)


def test_every_file_in_nibabels_test_data_is_a_volume_or_a_volume_error():
    for path in sorted(NIBABEL_DATA.glob("*")):
        try:
            assert isinstance(read_image(path), Volume)
        except VolumeError as error:
            assert error.file and error.code.startswith("KS-") and error.fix


PLAIN = {1: nifti_bytes(), 2: nifti_bytes(version=2)}


def check_any_bytes(folder, data):
    path = folder / "any.nii.gz"
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for read in (read_image, read_labels):
            try:
                volume = read(path, purpose="predict")
            except VolumeError as error:
                assert error.file == str(path) and error.fix
            else:
                assert isinstance(volume, Volume) and np.isfinite(volume.voxels).all()
                assert np.isfinite(volume.affine).all()


any_bytes = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@any_bytes
@given(st.binary(max_size=700))
def test_any_bytes_are_a_volume_or_a_volume_error(tmp_path, data):
    check_any_bytes(tmp_path, data)
    check_any_bytes(tmp_path, PLAIN[1][:4] + data)


@any_bytes
@given(
    version=st.sampled_from([1, 2]),
    changes=st.lists(st.tuples(st.integers(0, 543), st.integers(0, 255)), min_size=1, max_size=4),
    compressed=st.booleans(),
)
def test_any_changed_header_is_a_volume_or_a_volume_error(tmp_path, version, changes, compressed):
    data = bytearray(PLAIN[version])
    for place, value in changes:
        data[place] = value
    check_any_bytes(tmp_path, gzip.compress(data, 1) if compressed else bytes(data))


@any_bytes
@given(
    st.sampled_from(
        (
            "dim pixdim datatype vox_offset scl_slope scl_inter "
            "quatern_b qoffset_y srow_x srow_z qform_code xyzt_units"
        ).split()
    ),
    st.floats(width=32),
    st.integers(-32768, 32767),
    st.sampled_from([1, 2]),
)
def test_any_value_of_a_field_is_a_volume_or_a_volume_error(tmp_path, name, real, whole, version):
    kind = nib.Nifti1Header if version == 1 else nib.Nifti2Header
    header = kind(PLAIN[version][: kind.sizeof_hdr], check=False)
    elements = header.structarr[name].reshape(-1)
    value = {"f": real, "i": whole, "u": whole % 256}[elements.dtype.kind]
    elements[whole % elements.size] = value
    assert header.structarr[name].reshape(-1)[whole % elements.size] == value or real != real
    check_any_bytes(tmp_path, header.binaryblock + PLAIN[version][kind.sizeof_hdr :])


@pytest.mark.skipif(DATA is None, reason="KSEG_TEST_DATA is unset")
@pytest.mark.parametrize(
    ("folder", "channels", "most"),
    [("hippocampus", 1, 10), ("liver_ct", 1, 2), ("abdomen_ct", 1, 2), ("brain_tumour", 2, 1)],
)
def test_real_scans_are_accepted_without_a_word(folder, channels, most):
    files = sorted((Path(DATA) / folder / "imagesTr").glob("*.nii.gz"))[:most]
    assert files
    for file in files:
        assert read_image(file, channels=channels).findings == ()
        assert read_labels(file.parents[1] / "labelsTr" / file.name).findings == ()
