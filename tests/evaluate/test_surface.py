import math
import tracemalloc

import numpy as np
import pytest
import surface_distance
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from kseg.evaluate import surface
from kseg.evaluate.surface import SurfaceDistances, surface_distances
from tests.evaluate.mask_pairs import mask_pair

PAIRS = 300
MM = 1e-6
SEEDS = st.integers(0, 3000)


@pytest.fixture
def oracle(monkeypatch):
    """DeepMind's package, with the names it uses and that newer versions have dropped."""
    for name in ("filters", "morphology"):
        monkeypatch.setattr(ndimage, name, ndimage, raising=False)
    monkeypatch.setattr(np, "Inf", np.inf, raising=False)
    return surface_distance


def pooled_mean_mm(found):
    areas = np.concatenate([found["surfel_areas_gt"], found["surfel_areas_pred"]])
    distances = np.concatenate([found["distances_gt_to_pred"], found["distances_pred_to_gt"]])
    return np.sum(distances * areas) / np.sum(areas)


def test_300_pairs_are_measured_as_surface_distance_measures_them(oracle):
    kinds = {"both": 0, "one": 0, "neither": 0}
    for seed in range(PAIRS):
        truth, predicted, spacing_mm = mask_pair(seed)
        ours = surface_distances(truth, predicted, spacing_mm)
        theirs = oracle.compute_surface_distances(truth, predicted, spacing_mm)
        for name, other in (("truth_mm", "gt_to_pred"), ("predicted_mm", "pred_to_gt")):
            np.testing.assert_allclose(getattr(ours, name), theirs[f"distances_{other}"], atol=MM)
        if not (truth.any() or predicted.any()):
            kinds["neither"] += 1
            assert math.isnan(ours.hausdorff_mm(95))
            continue
        for percent in (50, 95, 100):
            expected = oracle.compute_robust_hausdorff(theirs, percent)
            assert ours.hausdorff_mm(percent) == pytest.approx(expected, abs=MM), seed
        for tolerance_mm in (1.0, 3.0):
            expected = oracle.compute_surface_dice_at_tolerance(theirs, tolerance_mm)
            assert ours.nsd(tolerance_mm) == pytest.approx(expected, abs=MM), seed
        if not (truth.any() and predicted.any()):
            kinds["one"] += 1
            assert math.isinf(ours.assd_mm()) and math.isinf(ours.masd_mm())
            continue
        kinds["both"] += 1
        assert ours.assd_mm() == pytest.approx(pooled_mean_mm(theirs), abs=MM), seed
        means_mm = oracle.compute_average_surface_distance(theirs)
        assert ours.masd_mm() == pytest.approx(np.mean(means_mm), abs=MM), seed
    assert min(kinds.values()) > 20 and sum(kinds.values()) == PAIRS


@pytest.mark.parametrize("many_cells", [0, 10**9])
def test_noise_far_from_the_truth_has_the_same_distances_by_either_way(many_cells, monkeypatch):
    """With few cells a tree is asked, with many a distance transform: no number may change."""
    monkeypatch.setattr(surface, "_MANY_CELLS", many_cells)
    noise = np.random.default_rng(4).random((12, 30, 30)) > 0.97
    ball = np.zeros_like(noise)
    ball[2:6, 3:9, 3:9] = True
    distances = surface_distances(ball, noise, (3.0, 0.7, 1.1))
    expected = ndimage.distance_transform_edt(~border_of(ball), sampling=(3.0, 0.7, 1.1))
    assert distances.predicted_mm == pytest.approx(np.sort(expected[border_of(noise)]), abs=1e-9)


def border_of(mask):
    """Return the cells of eight voxels, outside included, that hold both kinds."""
    padded = np.pad(mask, 1)
    held = sum(
        padded[z : z + mask.shape[0] + 1, y : y + mask.shape[1] + 1, x : x + mask.shape[2] + 1]
        .astype(int)
        for z in (0, 1) for y in (0, 1) for x in (0, 1)
    )  # fmt: skip
    return (held > 0) & (held < 8)


@settings(max_examples=25)
@given(seed=SEEDS)
def test_swapping_the_masks_swaps_the_two_directions(seed):
    truth, predicted, spacing_mm = mask_pair(seed)
    forward = surface_distances(truth, predicted, spacing_mm)
    backward = surface_distances(predicted, truth, spacing_mm)
    np.testing.assert_array_equal(forward.truth_mm, backward.predicted_mm)
    np.testing.assert_array_equal(forward.predicted_mm2, backward.truth_mm2)


@settings(max_examples=25)
@given(seed=SEEDS, margins=st.lists(st.integers(0, 4), min_size=6, max_size=6))
def test_where_in_the_array_the_masks_lie_changes_no_bit(seed, margins):
    truth, predicted, spacing_mm = mask_pair(seed)
    around = np.reshape(margins, (3, 2))
    here = surface_distances(truth, predicted, spacing_mm)
    there = surface_distances(np.pad(truth, around), np.pad(predicted, around), spacing_mm)
    for name in ("truth_mm", "truth_mm2", "predicted_mm", "predicted_mm2"):
        np.testing.assert_array_equal(getattr(here, name), getattr(there, name))


def test_masks_need_not_lie_in_memory_in_order():
    truth, predicted, spacing_mm = mask_pair(1)
    fortran = surface_distances(np.asfortranarray(truth), predicted, spacing_mm)
    assert fortran.assd_mm() == surface_distances(truth, predicted, spacing_mm).assd_mm()


def test_a_cube_moved_by_a_slice_is_as_far_as_a_slice():
    truth = np.zeros((9, 8, 8), bool)
    truth[2:6, 2:6, 2:6] = True
    distances = surface_distances(truth, np.roll(truth, 1, axis=0), (2.5, 1.0, 1.0))
    assert distances.hausdorff_mm() == 2.5
    assert distances.nsd(2.5) == 1.0 and distances.nsd(2.4) < 1.0
    assert 0.0 < distances.assd_mm() < 2.5


def test_a_tail_of_the_area_is_what_the_percentile_leaves_out():
    tail, none = np.array([0.0, 8.0]), np.array([0.0])
    distances = SurfaceDistances(tail, np.array([96.0, 4.0]), none, np.array([1.0]))
    assert distances.hausdorff_mm(95) == 0.0 and distances.hausdorff_mm(97) == 8.0


def test_no_array_of_floats_is_as_large_as_the_masks():
    mask = np.zeros((96, 96, 96), bool)
    mask[20:76, 20:76, 20:76] = True
    tracemalloc.start()
    surface_distances(mask, np.roll(mask, 1, axis=2), (1.0, 1.0, 1.0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * mask.size


@pytest.mark.parametrize(
    ("truth", "predicted", "reason"),
    [
        (np.zeros((2, 2, 2), np.uint8), np.zeros((2, 2, 2), bool), "`truth` must be a bool"),
        (np.zeros((2, 2), bool), np.zeros((2, 2), bool), "`truth` must be a bool"),
        (np.zeros((2, 2, 2), bool), np.zeros((2, 2, 3), bool), "must have the shape"),
    ],
)
def test_what_is_no_pair_of_masks_is_refused(truth, predicted, reason):
    with pytest.raises(ValueError, match=reason):
        surface_distances(truth, predicted, (1.0, 1.0, 1.0))
