import itertools
import math
import os
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial import cKDTree

from kseg.evaluate import case as case_module
from kseg.evaluate.case import evaluate_case
from kseg.evaluate.measures import MEASURE_NAMES
from kseg.evaluate.score import EvaluatedLabel, EvaluateSettings, labels_by_value
from kseg.evaluate.surface import surface_distances
from tests.evaluate.mask_pairs import mask_pair

ORGAN = (EvaluatedLabel("organ", (1,)),)
SEEDS = st.integers(0, 3000)
DATA = os.environ.get("KSEG_TEST_DATA")


def score_of(truth, predicted, spacing_mm=(1.0, 1.0, 1.0), judging=EvaluateSettings()):
    masks = truth.astype(np.uint8), predicted.astype(np.uint8)
    return evaluate_case(*masks, ORGAN, spacing_mm, "a", "p", judging)[0]


def numbers(score):
    return [value for value in asdict(score).values() if not isinstance(value, str)]


def image(mask, spacing_mm):
    result = SimpleITK.GetImageFromArray(mask.astype(np.uint8))
    result.SetSpacing(spacing_mm[::-1])
    return result


def test_dice_iou_and_volumes_of_300_pairs_are_simpleitk_s():
    compared = 0
    for seed in range(300):
        truth, predicted, spacing_mm = mask_pair(seed)
        score = score_of(truth, predicted, spacing_mm, EvaluateSettings(overlap_only=True))
        images = image(truth, spacing_mm), image(predicted, spacing_mm)
        if truth.any() or predicted.any():
            overlap = SimpleITK.LabelOverlapMeasuresImageFilter()
            overlap.Execute(*images)
            assert score.dice == pytest.approx(overlap.GetDiceCoefficient(1), abs=1e-9)
            assert score.iou == pytest.approx(overlap.GetJaccardCoefficient(1), abs=1e-9)
        if not (truth.any() and predicted.any()):
            continue
        true_ml, predicted_ml = (physical_ml(each) for each in images)
        surplus_ml = predicted_ml - true_ml
        assert score.volume_error_ml == pytest.approx(surplus_ml, abs=1e-9)
        assert score.volume_error_percent == pytest.approx(100 * surplus_ml / true_ml, abs=1e-9)
        compared += 1
    assert compared > 200


def physical_ml(mask):
    shapes = SimpleITK.LabelShapeStatisticsImageFilter()
    shapes.Execute(mask)
    return shapes.GetPhysicalSize(1) / 1000.0


@settings(max_examples=20)
@given(seed=SEEDS)
def test_swapping_the_masks_swaps_precision_and_recall_and_the_sign_of_volumes(seed):
    truth, predicted, spacing_mm = mask_pair(seed)
    forward, backward = (
        score_of(truth, predicted, spacing_mm),
        score_of(predicted, truth, spacing_mm),
    )
    swapped = replace(
        backward,
        precision=backward.recall,
        recall=backward.precision,
        lesion_precision=backward.lesion_recall,
        lesion_recall=backward.lesion_precision,
        truth_lesions=backward.predicted_lesions,
        predicted_lesions=backward.truth_lesions,
        truth_voxels=backward.predicted_voxels,
        predicted_voxels=backward.truth_voxels,
        truth_ml=backward.predicted_ml,
        predicted_ml=backward.truth_ml,
        volume_error_ml=-backward.volume_error_ml,
        volume_error_percent=forward.volume_error_percent,
    )
    np.testing.assert_allclose(numbers(forward), numbers(swapped), atol=1e-9)


@settings(max_examples=40)
@given(
    seed=SEEDS,
    order=st.sampled_from(list(itertools.permutations(range(3)))),
    flipped=st.sets(st.integers(0, 2)),
    margins=st.lists(st.integers(0, 3), min_size=6, max_size=6),
)
def test_how_the_masks_lie_in_the_array_changes_nothing(seed, order, flipped, margins):
    truth, predicted, spacing_mm = mask_pair(seed)
    moved = [
        np.flip(np.pad(mask.transpose(order), np.reshape(margins, (3, 2))), tuple(flipped))
        for mask in (truth, predicted)
    ]
    here = score_of(truth, predicted, spacing_mm)
    there = score_of(*moved, tuple(spacing_mm[axis] for axis in order))
    np.testing.assert_allclose(numbers(here), numbers(there), atol=1e-9)


@settings(max_examples=15)
@given(seed=SEEDS)
def test_equal_masks_are_without_fault(seed):
    mask = mask_pair(seed)[0]
    if mask.any():
        score = score_of(mask, mask)
        assert {getattr(score, name) for name in MEASURE_NAMES} == {0.0, 1.0}
        assert score.nsd == score.dice == score.lesion_f1 == 1.0 and score.hd_mm == 0.0


def test_labels_and_regions_are_measured_as_masks_of_their_own():
    generator = np.random.default_rng(0)
    truth, predicted = (generator.integers(0, 4, (8, 9, 7)) for _ in range(2))
    table = np.array([0, 7, 300, 40_000], np.uint16)
    labels = (
        EvaluatedLabel("large", (40_000,)),
        EvaluatedLabel("region", (300, 7)),
        EvaluatedLabel("small", (7,)),
    )
    spacing_mm = (3.0, 1.0, 0.5)
    scores = evaluate_case(table[truth], table[predicted], labels, spacing_mm, "a", "p")
    for score, label, values in zip(scores, labels, ((3,), (1, 2), (1,))):
        alone = score_of(np.isin(truth, values), np.isin(predicted, values), spacing_mm)
        assert score == replace(alone, label=label.name)


@pytest.mark.parametrize("seed", [0, 1, 3, 5, 6])
def test_distances_are_those_of_the_uncropped_masks(seed):
    truth, predicted, spacing_mm = mask_pair(seed)
    whole = surface_distances(truth, predicted, spacing_mm)
    score = score_of(truth, predicted, spacing_mm)
    assert (score.hd_mm, score.hd95_mm) == (whole.hausdorff_mm(), whole.hausdorff_mm(95))
    assert (score.assd_mm, score.masd_mm) == (whole.assd_mm(), whole.masd_mm())
    assert score.nsd == whole.nsd(2.0)


def test_bool_masks_and_integers_of_any_size_are_measured_alike():
    truth, predicted, _ = mask_pair(1)
    expected = score_of(truth, predicted)
    for dtype in (bool, np.int16, np.uint32, np.int64):
        masks = truth.astype(dtype), predicted.astype(dtype)
        assert evaluate_case(*masks, ORGAN, (1, 1, 1), "a", "p")[0] == expected


def test_each_label_has_its_own_tolerance():
    truth = np.zeros((9, 9, 9), np.uint8)
    truth[1:5, 1:5, 1:3], truth[1:5, 1:5, 5:7] = 1, 2
    labels = labels_by_value(("background", "one", "two"))
    judging = EvaluateSettings(tolerance_mm=1.0, label_tolerance_mm={"two": 0.5})
    shifted = np.roll(truth, 1, axis=0)
    one, two = evaluate_case(truth, shifted, labels, (1, 1, 1), "a", "p", judging)
    assert one.nsd == 1.0 and two.nsd < 1.0 and one.hd_mm == two.hd_mm == 1.0


def test_overlap_only_leaves_surfaces_and_pieces_alone(monkeypatch):
    def never(*_):
        raise RuntimeError

    for name in ("surface_distances", "count_lesions", "_boxes"):
        monkeypatch.setattr(case_module, name, never)
    score = score_of(*mask_pair(1), EvaluateSettings(overlap_only=True))
    assert 0.0 < score.dice < 1.0 and score.volume_error_ml != 0.0
    assert math.isnan(score.hd_mm) and math.isnan(score.nsd) and math.isnan(score.lesion_f1)
    assert score.truth_lesions == score.predicted_lesions == 0


@pytest.mark.parametrize("where", ["truth", "predicted"])
def test_a_value_that_belongs_to_no_label_is_refused(where):
    masks = {name: np.zeros((3, 3, 3), np.uint8) for name in ("truth", "predicted")}
    masks[where][0, 0, 0] = 9
    with pytest.raises(ValueError, match=rf"`{where}` .* Received: \[9\]"):
        evaluate_case(masks["truth"], masks["predicted"], ORGAN, (1, 1, 1), "a", "p")


def test_flat_masks_and_labels_without_a_value_are_refused():
    flat, cube = np.zeros((3, 3), np.uint8), np.zeros((3, 3, 3), np.uint8)
    with pytest.raises(ValueError, match=r"axes \(z, y, x\)"):
        evaluate_case(flat, flat, ORGAN, (1, 1, 1), "a", "p")
    for values in ((), (0,), (1, -1), (70_000,)):
        with pytest.raises(ValueError, match="'odd'"):
            evaluate_case(cube, cube, (EvaluatedLabel("odd", values),), (1, 1, 1), "a", "p")


def stack(folder):
    files = sorted((Path(DATA) / "chaos_dicom" / folder).glob("*.png"))
    slices = [SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(file)) > 0 for file in files]
    return np.stack(slices)


def mean_of_border_voxels_mm(truth, predicted, spacing_mm):
    """The ASSD of the CHAOS challenge: centres of border voxels, each counted once."""
    cross = ndimage.generate_binary_structure(3, 1)
    # Only where there is something; a margin keeps the masks off the edge, where CHAOS sees none.
    held = np.argwhere((truth | predicted).any(axis=0))
    (top, left), (bottom, right) = held.min(axis=0) - 1, held.max(axis=0) + 2
    truth, predicted = (mask[:, top:bottom, left:right] for mask in (truth, predicted))
    centres = [
        np.argwhere(mask & ~ndimage.binary_erosion(mask, cross, border_value=1)) * spacing_mm
        for mask in (truth, predicted)
    ]
    there, _ = cKDTree(centres[1]).query(centres[0])
    back, _ = cKDTree(centres[0]).query(centres[1])
    return np.concatenate([there, back]).mean()


@pytest.mark.skipif(DATA is None, reason="KSEG_TEST_DATA is not set")
def test_chaos_sample_submission_has_its_published_scores():
    """Published: DICE 0.978, RAVD 0.665 %, ASSD 0.734 mm, MSSD 14 mm (CHAOS-evaluation)."""
    truth, predicted = stack("liver_truth"), stack("sample_submission")
    assert truth.shape == predicted.shape == (78, 512, 512)
    # The steps between the slices' positions; the files' SliceThickness says 3.2 mm.
    spacing_mm = (2.0, 0.7265625, 0.7265625)
    score = score_of(truth, predicted, spacing_mm)
    assert round(score.dice, 3) == 0.978
    assert round(abs(score.volume_error_percent), 3) == 0.665
    assert round(score.hd_mm) == 14
    # CHAOS counts each border voxel once, kseg counts each surface element by its area.
    assert round(mean_of_border_voxels_mm(truth, predicted, spacing_mm), 3) == 0.734
    assert round(score.assd_mm, 3) == 0.526
