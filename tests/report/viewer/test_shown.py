import gzip

import nibabel as nib
import numpy as np
import pytest

from kseg.errors import VolumeError
from kseg.report.viewer.shown import looks_like_labels, read_shown
from tests.report.viewer.make import CANARY, SHAPE_XYZ, blob, planted, scan_and_mask, speckle
from tests.volume.make import affine_of


def read_back(volume):
    return nib.Nifti1Image.from_bytes(gzip.decompress(volume.content))


def by_position(image):
    """Every voxel as (x, y, z in mm, value), in the order of the positions."""
    index = np.indices(image.shape[:3]).reshape(3, -1)
    position = image.affine[:3, :3] @ index + image.affine[:3, 3:]
    values = np.asanyarray(image.dataobj).reshape(-1)
    rows = np.vstack([position, values]).T
    return rows[np.lexsort(np.round(rows[:, :3].T, 2))]


@pytest.mark.parametrize("code", ["RAS", "LPS", "LAI", "PIR"])
@pytest.mark.parametrize("tilt_degrees", [0.0, 23.0])
def test_every_voxel_has_the_place_and_value_that_nibabel_reads(tmp_path, code, tilt_degrees):
    affine = affine_of(code, tilt_degrees=tilt_degrees)
    scan = planted(tmp_path / "scan.nii.gz", speckle(), affine)
    mask = planted(tmp_path / "mask.nii.gz", blob(), affine)
    for file, volume in zip((scan, mask), read_shown([scan, mask]), strict=True):
        np.testing.assert_allclose(
            by_position(read_back(volume)), by_position(nib.load(file)), atol=1e-3
        )


def test_a_scan_is_an_image_and_what_follows_are_labels_of_the_smallest_type(tmp_path):
    shown = read_shown(scan_and_mask(tmp_path))
    assert [(volume.name, volume.kind) for volume in shown] == [
        ("scan.nii.gz", "image"),
        ("mask.nii.gz", "labels"),
    ]
    assert [read_back(volume).get_data_dtype() for volume in shown] == [np.int16, np.uint8]


def test_values_that_are_not_whole_stay_as_they_are(tmp_path):
    values = speckle(dtype=np.float32) / 7
    (shown,) = read_shown([planted(tmp_path / "scan.nii", values)])
    assert read_back(shown).get_data_dtype() == np.float32
    assert np.array_equal(np.sort(read_back(shown).get_fdata(), None), np.sort(values, None))


@pytest.mark.parametrize("largest, dtype", [(2, np.uint8), (700, np.uint16)])
def test_a_first_file_of_few_whole_values_is_shown_as_labels(tmp_path, largest, dtype):
    mask = blob(value=largest) if largest < 256 else blob().astype(np.int16) * (largest // 2)
    (shown,) = read_shown([planted(tmp_path / "mask.nii.gz", mask)])
    assert shown.kind == "labels" and read_back(shown).get_data_dtype() == dtype


@pytest.mark.parametrize(
    "voxels", [speckle(), blob() - 1.0, blob() / 2, blob() * 7e4, np.arange(432).reshape(6, 8, 9)]
)
def test_negative_fractional_large_or_many_values_are_no_labels(voxels):
    assert not looks_like_labels(voxels)
    assert looks_like_labels(blob())


def test_no_text_of_a_header_is_in_what_is_shown(tmp_path):
    files = scan_and_mask(tmp_path)
    assert all(CANARY in gzip.decompress(file.read_bytes()) for file in files)
    for volume in read_shown(files):
        content = gzip.decompress(volume.content)
        assert CANARY not in content and b"1970" not in content
        assert not nib.Nifti1Image.from_bytes(content).header.extensions


def test_a_damaged_file_is_refused(tmp_path):
    scan, mask = scan_and_mask(tmp_path)
    mask.write_bytes(mask.read_bytes()[:-12])
    with pytest.raises(VolumeError) as caught:
        read_shown([scan, mask])
    assert caught.value.file == str(mask)


def test_a_mask_on_another_grid_is_refused_unless_asked_for(tmp_path):
    scan, _ = scan_and_mask(tmp_path)
    moved = affine_of()
    moved[0, 3] += 5
    mask = planted(tmp_path / "moved.nii.gz", blob(), moved)
    with pytest.raises(VolumeError, match="KS-D06") as caught:
        read_shown([scan, mask])
    assert "--any-grid" in caught.value.fix and caught.value.file == str(mask)
    _, shown = read_shown([scan, mask], any_grid=True)
    assert any("another grid" in note for note in shown.notes)
    assert str(tmp_path) not in "".join(shown.notes)
    np.testing.assert_allclose(
        by_position(read_back(shown)), by_position(nib.load(mask)), atol=1e-3
    )


def test_a_mask_of_another_shape_is_refused(tmp_path):
    scan, _ = scan_and_mask(tmp_path)
    mask = planted(tmp_path / "small.nii.gz", blob((7, 8, 6)))
    with pytest.raises(VolumeError, match="KS-D05"):
        read_shown([scan, mask])


def test_each_channel_is_a_volume_of_which_the_first_is_visible(tmp_path):
    channels = speckle((*SHAPE_XYZ, 10))
    shown = read_shown([planted(tmp_path / "scan.nii.gz", channels, affine_of("RAS"))])
    assert [volume.visible for volume in shown] == [True] + 7 * [False]
    assert shown[1].name == "scan.nii.gz, channel 2"
    assert np.array_equal(read_back(shown[1]).dataobj, channels[..., 1])
    assert "first 8 of its 10 channels" in shown[0].notes[-1]


def test_a_mask_named_like_its_scan_is_told_apart_by_its_folder(tmp_path):
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    scan = planted(tmp_path / "images" / "a.nii.gz", speckle())
    mask = planted(tmp_path / "labels" / "a.nii.gz", blob())
    names = [volume.name for volume in read_shown([scan, mask])]
    assert names == ["images/a.nii.gz", "labels/a.nii.gz"]


def test_voxels_that_are_no_numbers_are_replaced_and_told(tmp_path):
    values = speckle(dtype=np.float32)
    values[0, 0, 0] = np.nan
    (shown,) = read_shown([planted(tmp_path / "scan.nii", values)])
    assert "no numbers" in shown.notes[0] and np.isfinite(read_back(shown).get_fdata()).all()


def test_no_files_is_a_programmers_mistake():
    with pytest.raises(ValueError, match="`files`"):
        read_shown([])


def test_a_mask_of_the_same_grid_in_another_storage_order_is_shown_in_its_place(tmp_path):
    """Axes exchanged and turned in the file, and yet every voxel lies where the scan's does."""
    from tests.workflow.tiny import body, save

    voxels, labels = body()
    scan = save(tmp_path / "scan.nii.gz", voxels, "RAS")
    plain, turned = (save(tmp_path / f"{code}.nii.gz", labels, code) for code in ("RAS", "PIL"))
    shown = [read_shown([scan, mask])[1] for mask in (plain, turned)]
    assert shown[0].content == shown[1].content
