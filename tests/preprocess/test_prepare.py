from dataclasses import replace

import numpy as np
import pytest

from kseg.dataset import ReadOptions
from kseg.preprocess.crop import box_slices
from kseg.preprocess.grid import interpolation_orders
from kseg.preprocess.normalize import ChannelScaling
from kseg.preprocess.plan import PreprocessPlan
from kseg.preprocess.prepare import prepare
from kseg.preprocess.read import read_labelled
from kseg.preprocess.resample import resample
from tests.preprocess._scans import NAMES, make_case, write_nifti

FIXED = ChannelScaling("fixed", clip_low=-50.0, clip_high=100.0, mean=50.0, std=25.0)


def read(tmp_path, **options):
    case, voxels, labels = make_case(tmp_path, "a", **options)
    image, mask = read_labelled(case, 1, NAMES, ReadOptions())
    return image, mask, voxels, labels


def test_same_spacing_only_crops_and_scales(tmp_path):
    image, mask, voxels, labels = read(tmp_path)
    prepared = prepare(image, PreprocessPlan((3.0, 1.5, 1.0), (FIXED,)), mask)
    inside = box_slices(prepared.box)
    expected = (np.clip(voxels[inside].astype(float), -50, 100) - 50) / 25
    assert prepared.box == ((2, 6), (2, 10), (2, 12))
    np.testing.assert_allclose(prepared.voxels[..., 0], expected, atol=2e-3)
    np.testing.assert_array_equal(prepared.labels, labels[inside])


def test_types_and_geometry_are_what_the_network_rooms_expect(tmp_path):
    image, mask, _, _ = read(tmp_path)
    prepared = prepare(image, PreprocessPlan((1.5, 1.5, 2.0), (FIXED,)), mask)
    assert prepared.voxels.dtype == np.float16 and prepared.voxels.flags.c_contiguous
    assert prepared.labels.dtype == np.uint8 and prepared.labels.flags.c_contiguous
    assert prepared.voxels.shape == (8, 8, 5, 1) and prepared.labels.shape == (8, 8, 5)
    assert prepared.full_shape_zyx == (8, 12, 14)
    assert prepared.cropped_shape_zyx == (4, 8, 10)
    assert prepared.source_spacing_mm == (3.0, 1.5, 1.0)
    assert prepared.spacing_mm == (1.5, 1.5, 2.0)


def test_prediction_prepares_the_very_same_voxels_as_training(tmp_path):
    image, mask, _, _ = read(tmp_path)
    plan = PreprocessPlan((2.0, 2.0, 2.0), (ChannelScaling("per_image"),))
    training, prediction = prepare(image, plan, mask), prepare(image, plan)
    np.testing.assert_array_equal(training.voxels, prediction.voxels)
    assert training.box == prediction.box
    assert prediction.labels is None


def test_scan_itself_is_left_alone(tmp_path):
    image, _, voxels, _ = read(tmp_path)
    for crop in (True, False):
        prepare(image, PreprocessPlan((3.0, 1.5, 1.0), (FIXED,), crop=crop))
    np.testing.assert_array_equal(image.voxels[..., 0], voxels)


def test_what_is_kept_is_enough_to_go_back(tmp_path):
    image, mask, _, labels = read(tmp_path, shape=(16, 24, 28))
    prepared = prepare(image, PreprocessPlan((2.0, 1.0, 1.0), (FIXED,)), mask)
    shares = np.eye(3, dtype=np.float32)[prepared.labels]
    orders = interpolation_orders(prepared.spacing_mm, prepared.source_spacing_mm, 1)
    inside = resample(shares, prepared.cropped_shape_zyx, orders).argmax(axis=-1)
    restored = np.zeros(prepared.full_shape_zyx, np.uint8)
    restored[box_slices(prepared.box)] = inside
    for label in (1, 2):
        common = 2 * ((restored == label) & (labels == label)).sum()
        assert common / ((restored == label).sum() + (labels == label).sum()) > 0.95


def test_c10_constant_image_becomes_zeros_with_a_note(tmp_path):
    case, voxels, _ = make_case(tmp_path, "a")
    write_nifti(case.images[0], np.full_like(voxels, 7))
    image, mask = read_labelled(case, 1, NAMES, ReadOptions())
    prepared = prepare(image, PreprocessPlan((2.0, 2.0, 2.0), (ChannelScaling("per_image"),)), mask)
    assert not prepared.voxels.any()
    assert prepared.notes == ("channel 0 has the same value everywhere and was set to zero",)


def test_labels_on_empty_background_are_told(tmp_path):
    case, _, labels = make_case(tmp_path, "a")
    labels[0, 0, :3] = 1
    write_nifti(case.label, labels)
    image, mask = read_labelled(case, 1, NAMES, ReadOptions())
    prepared = prepare(image, PreprocessPlan((3.0, 1.5, 1.0), (FIXED,)), mask)
    assert prepared.notes[0].startswith("3 labelled voxels")


def test_huge_values_stay_finite_in_float16(tmp_path):
    image, _, _, _ = read(tmp_path)
    image.voxels[4, 5, 6] = 1e9
    prepared = prepare(image, PreprocessPlan((2.0, 2.0, 2.0), (ChannelScaling("none"),)))
    assert np.isfinite(prepared.voxels).all()


@pytest.mark.parametrize("shape", [(1, 12, 14), (8, 1, 14), (2, 3, 1), (1, 1, 1)])
def test_d08_tiny_images_pass(tmp_path, shape):
    image, _, _, _ = read(tmp_path)
    small = np.ascontiguousarray(image.voxels[: shape[0], : shape[1], : shape[2]])
    prepared = prepare(replace(image, voxels=small), PreprocessPlan((1.0, 1.0, 1.0), (FIXED,)))
    assert min(prepared.voxels.shape) >= 1
    assert np.isfinite(prepared.voxels).all()


def test_mask_of_another_shape_is_refused(tmp_path):
    image, mask, _, _ = read(tmp_path)
    mask = type(mask)(mask.voxels[1:], mask.affine, mask.grid, ())
    with pytest.raises(ValueError, match="must have the image's shape"):
        prepare(image, PreprocessPlan((1.0, 1.0, 1.0), (FIXED,)), mask)
