import gzip

import nibabel as nib
import numpy as np
import pytest

from kseg.dataset import ReadOptions
from kseg.evaluate import LabelScore, labels_by_value
from kseg.report.case_pictures import CaseFiles, Showing, draw_cases
from tests.workflow.tiny import LABELS, body, save

SHOWING = Showing(labels_by_value(LABELS))


@pytest.fixture
def files(tmp_path):
    """Scan, truth and a prediction one voxel off, stored in another orientation."""
    voxels, labels = body()
    moved = np.roll(labels, 1, axis=0)
    return CaseFiles(
        (save(tmp_path / "scan.nii.gz", voxels, "LPS"),),
        save(tmp_path / "truth.nii.gz", labels, "LPS"),
        save(tmp_path / "mask.nii.gz", moved, "LPS"),
    )


def scores(*cases):
    return [LabelScore(case, case, "organ", dice=0.5 + n / 10) for n, case in enumerate(cases)]


def test_worst_median_and_best_are_drawn_with_outlines_and_volumes(files):
    pictures, problems = draw_cases(scores("a", "b", "c"), lambda case: files, SHOWING)
    assert problems == ()
    assert [(picture.case, picture.rank) for picture in pictures] == [
        ("a", "worst"), ("b", "median"), ("c", "best"),
    ]  # fmt: skip
    axial = pictures[0].planes[0].svg
    assert 'class="truth label-1"' in axial and 'class="predicted label-1"' in axial
    assert all("data:image/png" in plane.svg for plane in pictures[0].planes)
    shown = nib.Nifti1Image.from_bytes(gzip.decompress(pictures[0].viewer.truth))
    assert int(np.asarray(shown.dataobj).max()) == 2


def test_without_a_scan_the_outlines_stand_alone(files):
    bare = CaseFiles((), files.truth, files.predicted)
    (picture,), _ = draw_cases(scores("a"), lambda case: bare, SHOWING)
    assert "data:image" not in picture.planes[0].svg and picture.viewer.image is None


def test_a_case_whose_files_are_gone_is_named_and_the_others_are_drawn(files, tmp_path):
    lost = CaseFiles((tmp_path / "lost.nii.gz",), files.truth, files.predicted)
    found = {"a": None, "b": lost, "c": files}
    pictures, problems = draw_cases(scores("a", "b", "c"), found.get, SHOWING)
    assert [picture.case for picture in pictures] == ["c"]
    assert "a (worst) is not shown" in problems[0] and "b (median) is not shown" in problems[1]


def test_a_prediction_on_another_grid_is_drawn_only_when_resampling_was_asked_for(files, tmp_path):
    _, labels = body(shape_xyz=(18, 20, 22))
    other = save(tmp_path / "other.nii.gz", labels, "RAS", (1.0, 1.2, 2.0))
    moved = CaseFiles(files.images, files.truth, other)
    pictures, problems = draw_cases(scores("a"), lambda case: moved, SHOWING)
    assert pictures == () and "not shown" in problems[0]
    resampling = Showing(SHOWING.labels, resample=True)
    pictures, problems = draw_cases(scores("a"), lambda case: moved, resampling)
    assert len(pictures) == 1 and problems == ()


def test_ct_is_shown_in_a_soft_tissue_window(files):
    """In a window from -160 to 240 HU, noise of 20 HU round 0 is as good as one middle grey."""

    def greys(showing):
        (picture,), _ = draw_cases(scores("a"), lambda case: files, showing)
        return np.asarray(nib.Nifti1Image.from_bytes(gzip.decompress(picture.viewer.image)).dataobj)

    ct, other = greys(Showing(SHOWING.labels, is_ct=True)), greys(SHOWING)
    assert abs(float(np.median(ct)) - 255 * 160 / 400) < 15
    noise = [grey[:3].std() for grey in (ct, other)]
    assert noise[0] < 255 * 25 / 400 < noise[1]


def test_voxels_that_the_truth_says_to_ignore_are_left_out_of_the_pictures_too(tmp_path):
    """The masks differ in nothing but the ignored region, so no slice shows a difference."""
    voxels, labels = body()
    ignored = np.where(labels == 2, 1, labels).astype(np.uint8)
    ignored[10:14, 5:9, 4:8] = 2
    predicted = np.where(ignored == 2, 1, ignored).astype(np.uint8)
    files = CaseFiles(
        (save(tmp_path / "scan.nii.gz", voxels),),
        save(tmp_path / "truth.nii.gz", ignored),
        save(tmp_path / "mask.nii.gz", predicted),
    )
    showing = Showing(labels_by_value(("background", "organ")), ignore=2)
    (picture,), _ = draw_cases(scores("a"), lambda case: files, showing)
    assert all("masks agree" in plane.caption for plane in picture.planes)
    (other,), _ = draw_cases(scores("a"), lambda case: files, Showing(showing.labels))
    assert any("differ most" in plane.caption for plane in other.planes)


def test_labels_that_a_recipe_joins_are_one_in_the_pictures(files):
    """The lesion in the truth counts as organ; the prediction knows the organ alone."""
    options = ReadOptions(joined=(0, 1, 1))
    showing = Showing(labels_by_value(("background", "body")), options)
    whole = CaseFiles(files.images, files.truth, files.truth)
    (picture,), _ = draw_cases(scores("a"), lambda case: whole, showing)
    truth = np.asarray(nib.Nifti1Image.from_bytes(gzip.decompress(picture.viewer.truth)).dataobj)
    assert truth.max() == 1
