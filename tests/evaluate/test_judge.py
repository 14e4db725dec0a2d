import nibabel as nib
import numpy as np
import pytest

from kseg.evaluate import judge
from kseg.evaluate.declared import DeclaredLabels
from kseg.evaluate.judge import Failure, JudgedCase, MaskReading, judge_pair
from kseg.evaluate.pairs import Pair
from kseg.evaluate.score import EvaluatedLabel, EvaluateSettings
from kseg.evaluate.truth import TrueCase
from tests.evaluate.mask_folders import BALL, block, moved, write

LIVER = DeclaredLabels((EvaluatedLabel("liver", (1,)),))


def judged(truth, predicted, declared=LIVER, **reading):
    pair = Pair(TrueCase("a", "p1", truth), predicted)
    return judge_pair(pair, declared, EvaluateSettings(), MaskReading(**reading))


def pair_of(tmp_path, truth=BALL, predicted=BALL, **grid):
    return write(tmp_path / "t/a.nii.gz", truth), write(tmp_path / "p/a.nii.gz", predicted, **grid)


def test_a_case_is_measured_in_mm_on_its_own_grid(tmp_path):
    case = judged(*pair_of(tmp_path, predicted=moved(BALL)))
    assert isinstance(case, JudgedCase) and not case.notes
    (score,) = case.scores
    assert (score.case, score.subject, score.label) == ("a", "p1", "liver")
    assert score.dice == pytest.approx(0.75) and score.hd_mm == pytest.approx(1.0)
    assert score.truth_ml == pytest.approx(48 * 4.5 / 1000)


def test_a_region_is_the_union_of_its_values(tmp_path):
    both = block((1, 1, 1, slice(1, 5)), (3, 2, 1, slice(1, 5)))
    labels = DeclaredLabels((EvaluatedLabel("whole", (1, 3)), EvaluatedLabel("core", (3,))))
    whole, core = judged(*pair_of(tmp_path, both, both), labels).scores
    assert (whole.truth_voxels, core.truth_voxels) == (8, 4)


def test_what_the_truth_says_to_ignore_is_left_out_of_both_masks(tmp_path):
    truth = block((1, 1, 1, slice(1, 5)), (9, 2, slice(None), slice(None)))
    predicted = block((1, slice(1, 3), 1, slice(1, 5)))
    labels = DeclaredLabels(LIVER.labels, ignore=9)
    case = judged(*pair_of(tmp_path, truth, predicted), labels)
    assert case.scores[0].dice == 1 and case.scores[0].predicted_voxels == 4
    assert [note.why for note in case.notes] == [
        "80 voxels that the truth says to ignore were left out of both masks"
    ]


def test_a_prediction_of_ignore_elsewhere_is_an_undeclared_value(tmp_path):
    predicted = block((9, 2, 2, 2))
    failure = judged(*pair_of(tmp_path, BALL, predicted), DeclaredLabels(LIVER.labels, ignore=9))
    assert isinstance(failure, Failure) and failure.code == "KS-C05"


@pytest.mark.parametrize("side", ["truth", "predicted"])
def test_an_undeclared_value_on_either_side_fails_the_case(tmp_path, side):
    failure = judged(*pair_of(tmp_path, **{side: block((4, 1, 1, 1))}))
    assert failure.code == "KS-C05" and "4 (1 voxels)" in failure.why
    assert failure.file.endswith(f"{side[0]}/a.nii.gz")


def test_without_declaration_labels_are_the_values_of_both_masks(tmp_path):
    files = pair_of(tmp_path, block((7, 1, 1, 1)), block((2, 1, 1, 2)))
    case = judged(*files, declared=None)
    assert [label.name for label in case.labels] == ["2", "7"]
    assert [score.truth_voxels for score in case.scores] == [0, 1]


def test_another_grid_fails_the_case_unless_resampling_is_asked_for(tmp_path):
    files = pair_of(tmp_path, predicted=moved(BALL), origin_mm=(-1.0, 0.0, 0.0))
    failure = judged(*files)
    assert failure.code == "KS-D06" and "--resample" in failure.fix
    assert failure.file == str(files[1])
    case = judged(*files, resample=True)
    # One voxel of 1 mm to the side, on a grid that begins 1 mm before: the same place.
    assert case.scores[0].dice == 1
    assert case.notes[0].kind == "resampled" and "0.22 ml after" in case.notes[0].why


def test_another_shape_fails_the_case_unless_resampling_is_asked_for(tmp_path):
    files = pair_of(tmp_path, predicted=np.pad(BALL, ((0, 2), (0, 1), (0, 3))))
    assert judged(*files).code == "KS-D05"
    assert judged(*files, resample=True).scores[0].dice == 1


def test_a_grid_a_hair_off_is_used_and_told(tmp_path):
    case = judged(*pair_of(tmp_path, origin_mm=(0.05, 0.0, 0.0)))
    assert case.scores[0].dice == 1 and [note.kind for note in case.notes] == ["KS-D06"]


@pytest.mark.parametrize("code", ["LPS", "SAR", "PIR"])
def test_the_same_grid_stored_in_another_order_is_the_same_grid(tmp_path, code):
    files = pair_of(tmp_path, predicted=moved(BALL))
    before = judged(*files)
    nii = nib.load(files[1])
    turn = nib.orientations.ornt_transform(
        nib.orientations.io_orientation(nii.affine), nib.orientations.axcodes2ornt(code)
    )
    turned = nii.as_reoriented(turn)
    assert nib.aff2axcodes(turned.affine) == tuple(code)
    turned.set_qform(turned.affine, code=1)
    turned.to_filename(files[1])
    assert judged(*files) == before and before.scores[0].dice == pytest.approx(0.75)


def test_masks_of_an_oblique_scan_near_45_degrees_are_laid_on_each_other(tmp_path):
    """A rounding error decides there which axis of a file counts as x."""
    files = pair_of(tmp_path, predicted=moved(BALL))
    for path, degrees in zip(files, (44.9999, 45.0001)):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        nii = nib.load(path)
        affine = np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]) @ nii.affine
        turned = nib.Nifti1Image(np.asarray(nii.dataobj), affine)
        turned.set_qform(affine, code=1)
        turned.to_filename(path)
    assert judged(*files).scores[0].dice == pytest.approx(0.75)


@pytest.mark.parametrize("voxels", [BALL, np.pad(BALL, 1)])
def test_what_is_said_of_a_case_names_files_but_not_their_place(tmp_path, voxels):
    files = pair_of(tmp_path, predicted=voxels, origin_mm=(-30.0, 0.0, 0.0))
    failure = judged(*files)
    assert "of the true mask a.nii.gz" in failure.why and failure.file == str(files[1])
    assert str(tmp_path) not in str(failure.to_dict())
    assert failure.to_dict()["file"] == "a.nii.gz"


def test_an_error_of_the_system_is_told_without_the_place_of_the_file(tmp_path, monkeypatch):
    def refused(*arguments):
        raise PermissionError(13, "Permission denied", str(tmp_path / "a.nii.gz"))

    monkeypatch.setattr(judge, "evaluate_case", refused)
    failure = judged(*pair_of(tmp_path))
    assert failure.why == "PermissionError: Permission denied"


def save_without_orientation(path):
    nii = nib.load(path)
    array = np.asarray(nii.dataobj)
    new = nib.Nifti1Image(array, None)
    new.header.set_zooms(nii.header.get_zooms())
    new.header["sform_code"] = new.header["qform_code"] = 0
    new.to_filename(path)


def test_masks_without_orientation_are_accepted_alike_on_both_sides(tmp_path):
    files = pair_of(tmp_path, predicted=moved(BALL))
    for path in files:
        save_without_orientation(path)
    case = judged(*files)
    assert case.scores[0].dice == pytest.approx(0.75) and case.notes[0].kind == "KS-B01"


def test_two_geometries_in_one_header_are_refused_with_the_option_to_choose(tmp_path):
    files = pair_of(tmp_path)
    for path in files:
        nii = nib.load(path)
        affine = nii.affine.copy()
        affine[:3, 3] += 40
        nii.set_qform(affine, code=1)
        nii.to_filename(path)
    failure = judged(*files)
    assert failure.code == "KS-B02" and "--affine-from" in failure.fix
    assert judged(*files, affine_from="qform").scores[0].dice == 1


def test_a_damaged_file_is_a_failure_with_its_reason(tmp_path):
    truth, predicted = pair_of(tmp_path)
    predicted.write_bytes(predicted.read_bytes()[:60])
    failure = judged(truth, predicted)
    assert failure.code.startswith("KS-A") and failure.file == str(predicted)


def test_a_fault_of_the_program_fails_its_case_alone(tmp_path, monkeypatch):
    def out_of_memory(*arguments):
        raise MemoryError("48 GiB")

    monkeypatch.setattr(judge, "evaluate_case", out_of_memory)
    failure = judged(*pair_of(tmp_path))
    assert failure.code == "KS-V05" and failure.why == "MemoryError: 48 GiB"


def test_a_prediction_that_is_the_very_truth_is_told(tmp_path):
    truth, _ = pair_of(tmp_path)
    assert [note.kind for note in judged(truth, truth).notes] == ["same file"]
