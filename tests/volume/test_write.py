import gzip

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from kseg.volume import make_grid, read_grid, read_image, read_labels, write_image, write_labels
from tests.volume.make import ALL_ORIENTATIONS, SHAPE_XYZ, affine_of, nifti_bytes, nifti_file, put
from tests.volume.make import ramp as make_ramp

GEOMETRY_FIELDS = (
    "qform_code sform_code quatern_b quatern_c quatern_d qoffset_x qoffset_y qoffset_z "
    "srow_x srow_y srow_z sizeof_hdr magic"
).split()


def labels_xyz(dtype=np.uint8):
    return (make_ramp() % 7).astype(dtype)


def raw_header(path):
    data = path.read_bytes()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    kind = nib.Nifti2Header if data[:4] == (540).to_bytes(4, "little") else nib.Nifti1Header
    return kind(data[: kind.sizeof_hdr], check=False).structarr, data


def check_same_geometry(first, second):
    (one, _), (two, _) = raw_header(first), raw_header(second)
    for name in GEOMETRY_FIELDS:
        assert one[name].tobytes() == two[name].tobytes(), name
    assert one["pixdim"][:4].tobytes() == two["pixdim"][:4].tobytes()
    assert int(one["xyzt_units"]) & 7 == int(two["xyzt_units"])
    assert nib.load(first).affine.tobytes() == nib.load(second).affine.tobytes()
    assert nib.load(first).shape[:3] == nib.load(second).shape


def check_same_for_simpleitk(first, second):
    one, two = sitk.ReadImage(first), sitk.ReadImage(second)
    assert one.GetOrigin() == two.GetOrigin() and one.GetSpacing() == two.GetSpacing()
    assert one.GetDirection() == two.GetDirection() and one.GetSize() == two.GetSize()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(one), sitk.GetArrayFromImage(two))


def rewrite(source, name="out.nii.gz", **options):
    labels = read_labels(source, **options)
    target = source.with_name(name)
    write_labels(target, labels.voxels, labels.grid)
    return target


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
@pytest.mark.parametrize("code", ALL_ORIENTATIONS)
def test_b13_all_48_orientations_come_back_bit_for_bit(tmp_path, code, name):
    affine = affine_of(code, tilt_degrees=11)
    source = nifti_file(tmp_path, labels_xyz(), affine, name=name, qform=1, sform=2)
    target = rewrite(source, "out_" + name)
    check_same_geometry(source, target)
    check_same_for_simpleitk(source, target)
    # One place in the world, one label: the stored array itself is unchanged.
    np.testing.assert_array_equal(np.asarray(nib.load(target).dataobj), labels_xyz())


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("codes", [(0, 0), (1, 0), (0, 2), (4, 4), (2, 1)])
def test_codes_and_version_are_kept(tmp_path, codes, version):
    source = nifti_file(
        tmp_path, labels_xyz(), qform=codes[0], sform=codes[1], units=10, version=version
    )
    check_same_geometry(source, rewrite(source, purpose="predict"))


def test_a_big_endian_file_keeps_its_geometry(tmp_path):
    source = nifti_file(tmp_path, labels_xyz(), endian=">")
    target = rewrite(source)
    assert nib.load(source).affine.tobytes() == nib.load(target).affine.tobytes()
    np.testing.assert_array_equal(np.asarray(nib.load(target).dataobj), labels_xyz())


def test_b05_a_sheared_file_keeps_its_own_affine(tmp_path):
    affine = affine_of("RAS", spacing=(1, 1, 1))
    sheared = affine.copy()
    sheared[0, 1] = 0.004
    source = nifti_file(tmp_path, labels_xyz(), affine, qform=0, srow_x=sheared[0])
    assert [f.code for f in read_grid(source).findings] == ["KS-B05"]
    check_same_geometry(source, rewrite(source))


def test_odd_but_accepted_headers_are_kept(tmp_path):
    """Repairs are for use inside; the mask says what its scan says."""
    for fields in ({"pixdim1": -0.8}, {"pixdim2": 0}, {"units": 0}, {"qform": 0, "pixdim3": 9}):
        source = nifti_file(tmp_path, labels_xyz(), **fields)
        target = rewrite(source)
        (one, _), (two, _) = raw_header(source), raw_header(target)
        assert one["pixdim"][:4].tobytes() == two["pixdim"][:4].tobytes()
        assert one["srow_x"].tobytes() == two["srow_x"].tobytes()


def test_c07_the_smallest_safe_type_is_written(tmp_path):
    grid = make_grid(affine_of(), SHAPE_XYZ)
    for largest, kind in ((0, "uint8"), (255, "uint8"), (256, "uint16"), (65535, "uint16")):
        labels = np.zeros((4, 5, 6), np.int64)
        labels[1, 2, 3] = largest
        write_labels(tmp_path / "a.nii.gz", labels, grid)
        stored = nib.load(tmp_path / "a.nii.gz")
        assert stored.get_data_dtype() == kind
        assert np.asarray(stored.dataobj).max() == largest
        np.testing.assert_array_equal(read_labels(tmp_path / "a.nii.gz").voxels, labels)


def test_c08_slope_and_intercept_are_one_and_zero(tmp_path):
    source = nifti_file(tmp_path, labels_xyz(), scl_slope=2, scl_inter=3)
    header, _ = raw_header(rewrite(source))
    assert (float(header["scl_slope"]), float(header["scl_inter"])) == (1, 0)
    np.testing.assert_array_equal(read_labels(source).voxels, read_labels(rewrite(source)).voxels)


def test_no_text_of_the_scan_is_carried_over(tmp_path):
    canary = b"DOE^CANARY"
    fields = {name: canary for name in ("descrip", "aux_file", "intent_name", "db_name")}
    plain = nifti_bytes(labels_xyz(), vox_offset=384, **fields)
    extension = (32).to_bytes(4, "little") + (2).to_bytes(4, "little") + canary.ljust(24)
    source = put(tmp_path, "a.nii.gz", plain[:348] + b"\1\0\0\0" + extension + plain[352:])
    assert nib.load(source).header.extensions
    _, data = raw_header(rewrite(source))
    assert canary not in data and b"out" not in data
    assert len(data) == 352 + labels_xyz().size


def test_equal_labels_give_equal_bytes_without_time_or_name(tmp_path):
    grid, labels = make_grid(affine_of(), SHAPE_XYZ), np.ones((4, 5, 6), np.uint8)
    write_labels(tmp_path / "a.nii.gz", labels, grid)
    write_labels(tmp_path / "b.nii.gz", labels.astype(np.int32), grid)
    one, two = ((tmp_path / name).read_bytes() for name in ("a.nii.gz", "b.nii.gz"))
    assert one == two
    assert one[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_the_path_decides_about_compression(tmp_path):
    grid, labels = make_grid(affine_of(), SHAPE_XYZ), np.ones((4, 5, 6), np.uint8)
    write_labels(tmp_path / "a.nii", labels, grid)
    write_labels(tmp_path / "a.nii.gz", labels, grid)
    plain = (tmp_path / "a.nii").read_bytes()
    assert plain == gzip.decompress((tmp_path / "a.nii.gz").read_bytes())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.nii", "a.nii.gz"]


def test_c08_an_image_is_written_unscaled(tmp_path):
    grid = make_grid(affine_of("PSR"), SHAPE_XYZ)
    shape_zyx = read_shape(grid)
    for dtype in (np.int16, np.float32):
        scan = (np.arange(120).reshape(shape_zyx) * 17 - 1000).astype(dtype)
        write_image(tmp_path / "a.nii.gz", scan, grid)
        assert nib.load(tmp_path / "a.nii.gz").get_data_dtype() == dtype
        np.testing.assert_array_equal(read_image(tmp_path / "a.nii.gz").voxels[..., 0], scan)


def read_shape(grid):
    return tuple(int(n) for n in np.array(grid.shape_xyz)[[1, 0, 2]])


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        (np.zeros((4, 5, 6), np.float32), "a.nii.gz"),
        (np.full((4, 5, 6), -1), "a.nii.gz"),
        (np.full((4, 5, 6), 65536), "a.nii.gz"),
        (np.zeros((6, 5, 4), np.uint8), "a.nii.gz"),
        (np.zeros((4, 5, 6), np.uint8), "a.mha"),
    ],
)
def test_what_cannot_be_a_mask_is_not_written(tmp_path, labels, name):
    with pytest.raises(ValueError, match="Received"):
        write_labels(tmp_path / name, labels, make_grid(affine_of(), SHAPE_XYZ))
    assert list(tmp_path.iterdir()) == []
