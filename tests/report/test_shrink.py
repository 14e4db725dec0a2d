import gzip

import nibabel as nib
import numpy as np
import pytest

from kseg.report.shrink import viewer_scan

SHAPE = (30, 44, 53)


def oblique_affine(spacing_xyz=(0.7, 0.8, 3.0)):
    angle = np.deg2rad(20)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    affine = np.eye(4)
    affine[:3, :3] = turn * spacing_xyz
    affine[:3, 3] = (-31.5, 12.25, 400.0)
    return affine


def noisy(shape=SHAPE):
    return np.random.default_rng(0).normal(100, 30, shape).astype(np.float32)


def blob(shape=SHAPE, at=(12, 20, 31), radius=6):
    grid = np.indices(shape)
    return (sum((g - c) ** 2 for g, c in zip(grid, at)) < radius**2).astype(np.uint8)


def read(content):
    image = nib.Nifti1Image.from_bytes(gzip.decompress(content))
    return np.asanyarray(image.dataobj).T, image.affine, image.header


def middle_mm(mask_zyx, affine):
    voxel = np.argwhere(mask_zyx).mean(axis=0)[::-1]
    return affine[:3, :3] @ voxel + affine[:3, 3]


def size(scan):
    return len(scan.image or b"") + len(scan.truth) + len(scan.predicted)


def test_a_small_scan_keeps_all_voxels_and_its_place():
    scan = viewer_scan(noisy(), blob(), 2 * blob(), oblique_affine())
    truth, affine, _ = read(scan.truth)
    np.testing.assert_array_equal(truth, blob())
    np.testing.assert_array_equal(read(scan.predicted)[0], 2 * blob())
    np.testing.assert_allclose(affine, oblique_affine(), rtol=1e-6)
    assert read(scan.image)[0].dtype == np.uint8
    assert scan.note == "Shown with all of the scan's voxels, grey values in 8 bit."


@pytest.mark.parametrize("budget", [30_000, 12_000, 4_000])
def test_it_fits_the_budget_and_every_thing_stays_in_its_place(budget):
    image = noisy() / 10 + 400.0 * blob()
    scan = viewer_scan(image, blob(), blob(), oblique_affine(), budget_bytes=budget)
    assert size(scan) <= budget
    grey, affine, _ = read(scan.image)
    truth, truth_affine, _ = read(scan.truth)
    assert grey.shape == truth.shape < SHAPE
    np.testing.assert_array_equal(affine, truth_affine)
    coarse_mm = np.linalg.norm(affine[:3, :3], axis=0)
    expected = middle_mm(blob(), oblique_affine())
    for mask in (truth, grey > 200):
        moved = np.linalg.solve(affine[:3, :3] / coarse_mm, middle_mm(mask, affine) - expected)
        assert (np.abs(moved) <= coarse_mm / 2).all()


def test_a_mean_of_a_block_lies_where_the_block_lies():
    ramp = np.broadcast_to(np.arange(64, dtype=np.float32), (64, 64, 64)).copy()
    mask = np.zeros(ramp.shape, np.uint8)
    noise = np.random.default_rng(0).normal(0, 2, ramp.shape).astype(np.float32)
    scan = viewer_scan(ramp + noise, mask, mask, np.eye(4), 60_000, window=(-50, 205))
    grey, affine, _ = read(scan.image)
    x_mm = affine[0, 0] * np.arange(grey.shape[2]) + affine[0, 3]
    inside = x_mm < 62
    assert affine[0, 0] >= 2
    np.testing.assert_allclose(grey.mean(axis=(0, 1))[inside] - 50, x_mm[inside], atol=0.15)


def test_axes_on_which_voxels_lie_closest_are_joined_first():
    scan = viewer_scan(noisy(), blob(), blob(), np.diag([1, 1, 5.0, 1]), budget_bytes=30_000)
    assert "a voxel shown is 2 x 2 x 1 (x, y, z) of the scan's" in scan.note
    assert read(scan.truth)[0].shape == (30, 22, 27)


def test_the_window_decides_what_is_black_and_white():
    image = np.linspace(-1000, 1000, 8 * 8 * 8, dtype=np.float32).reshape(8, 8, 8)
    image[0, 0, 0] = np.nan
    mask = np.zeros(image.shape, np.uint8)
    grey, _, header = read(viewer_scan(image, mask, mask, np.eye(4), window=(-160, 240)).image)
    assert grey[0, 0, 0] == 0 and grey[image < -160].max() == 0 and grey[image > 240].min() == 255
    assert header["cal_max"] == 255
    by_itself = read(viewer_scan(image, mask, mask, np.eye(4)).image)[0]
    assert abs(int(by_itself[image > 0].min()) - 127) < 3


def test_without_a_scan_there_are_masks_alone():
    scan = viewer_scan(None, blob(), 300 * blob().astype(np.uint16), oblique_affine())
    assert scan.image is None
    assert read(scan.predicted)[0].max() == 300
    assert "grey" not in scan.note


def test_equal_volumes_give_equal_bytes_without_any_text():
    first, second = (viewer_scan(noisy(), blob(), blob(), oblique_affine()) for _ in range(2))
    assert first == second
    assert first.image[3] == 0 and first.image[4:8] == bytes(4), "no name and no time in gzip"
    header = read(first.image)[2]
    for field in ("descrip", "aux_file", "intent_name", "db_name"):
        assert not header[field].item()


def test_a_scan_that_is_all_the_same_is_no_trouble():
    flat = np.full(SHAPE, 7, np.float32)
    assert read(viewer_scan(flat, blob(), blob(), np.eye(4)).image)[0].max() == 0
    nothing = np.full(SHAPE, np.nan, np.float32)
    assert read(viewer_scan(nothing, blob(), blob(), np.eye(4)).image)[0].max() == 0


def test_an_impossible_budget_ends_with_the_smallest_volume():
    scan = viewer_scan(noisy((4, 4, 4)), blob((4, 4, 4)), blob((4, 4, 4)), np.eye(4), 1)
    assert read(scan.truth)[0].size == 1


def test_arrays_of_different_shape_and_no_budget_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        viewer_scan(None, blob(), blob((4, 4, 4)), np.eye(4))
    with pytest.raises(ValueError, match="must be positive"):
        viewer_scan(None, blob(), blob(), np.eye(4), 0)
