import json

import pytest

from kseg.errors import VolumeError
from kseg.evaluate.pairs import find_pairs
from kseg.evaluate.truth import find_truth
from tests.dataset.folders import table_folder
from tests.evaluate.mask_folders import two_folders, write


def names_of(pairing):
    return [(pair.case.id, pair.predicted.name) for pair in pairing.pairs]


def test_masks_of_one_name_are_pairs_whatever_their_ending(tmp_path):
    truth, predicted = two_folders(tmp_path, ("b", "a"))
    (predicted / "a.nii.gz").unlink()
    write(predicted / "a.nii")
    pairing = find_pairs(find_truth(truth), predicted)
    assert names_of(pairing) == [("a", "a.nii"), ("b", "b.nii.gz")]
    assert (pairing.missing, pairing.unused, pairing.name) == ((), (), "predicted")


def test_what_is_left_over_on_either_side_is_listed(tmp_path):
    truth, predicted = two_folders(tmp_path)
    (truth / "a.nii.gz").unlink()
    (predicted / "b.nii.gz").unlink()
    pairing = find_pairs(find_truth(truth), predicted)
    assert names_of(pairing) == [("c", "c.nii.gz")]
    assert pairing.missing == ("b",) and pairing.unused == (predicted / "a.nii.gz",)


def test_two_single_files_belong_together_whatever_they_are_called(tmp_path):
    mask, other = write(tmp_path / "x/truth.nii.gz"), write(tmp_path / "y/mine.nii")
    pairing = find_pairs(find_truth(mask), other)
    assert names_of(pairing) == [("truth", "mine.nii")]


def test_one_true_mask_finds_its_own_in_a_folder(tmp_path):
    truth, predicted = two_folders(tmp_path)
    pairing = find_pairs(find_truth(truth / "b.nii.gz"), predicted)
    assert names_of(pairing) == [("b", "b.nii.gz")] and len(pairing.unused) == 2


def test_a_prediction_goes_by_the_cases_id_or_else_by_the_name_of_its_mask(tmp_path):
    text = "id,image,label\nx1,scans/a.nii.gz,masks/a.nii.gz\nx2,scans/b.nii.gz,masks/b.nii.gz\n"
    truth = find_truth(table_folder(tmp_path / "data", text))
    write(tmp_path / "predicted/x1.nii.gz")
    write(tmp_path / "predicted/b.nii.gz")
    pairing = find_pairs(truth, tmp_path / "predicted")
    assert names_of(pairing) == [("x1", "x1.nii.gz"), ("x2", "b.nii.gz")]


def test_the_id_of_another_case_is_never_taken_for_the_name_of_a_mask(tmp_path):
    # The mask of case b is called a, and a is a case of its own.
    text = "id,image,label\na,scans/b.nii.gz,masks/b.nii.gz\nb,scans/a.nii.gz,masks/a.nii.gz\n"
    truth = find_truth(table_folder(tmp_path / "data", text))
    write(tmp_path / "predicted/a.nii.gz")
    pairing = find_pairs(truth, tmp_path / "predicted")
    assert names_of(pairing) == [("a", "a.nii.gz")] and pairing.missing == ("b",)


def test_a_name_that_several_true_masks_share_pairs_with_none(tmp_path):
    root = table_folder(tmp_path / "data", "")
    rows = ["id,image,label"]
    for name in "ab":
        write(root / name / "seg.nii.gz")
        rows.append(f"case_{name},scans/{name}.nii.gz,{name}/seg.nii.gz")
    (root / "cases.csv").write_text("\n".join(rows))
    write(tmp_path / "predicted/seg.nii.gz")
    with pytest.raises(VolumeError) as caught:
        find_pairs(find_truth(root), tmp_path / "predicted")
    assert caught.value.code == "KS-V03"


def test_no_pair_at_all_is_refused_with_names_of_both_sides(tmp_path):
    truth, _ = two_folders(tmp_path)
    write(tmp_path / "other/z_0000.nii.gz")
    with pytest.raises(VolumeError, match=r"True: a, b, c\. Predicted: z_0000") as caught:
        find_pairs(find_truth(truth), tmp_path / "other")
    assert caught.value.code == "KS-V03" and caught.value.exit_code == 4


@pytest.mark.parametrize(("content", "phantom"), [({"data": "phantom"}, True), ({}, False)])
def test_masks_of_a_run_on_synthetic_scans_are_marked(tmp_path, content, phantom):
    truth, predicted = two_folders(tmp_path)
    run = tmp_path / "run"
    (run / "validation").mkdir(parents=True)
    predicted.rename(run / "validation/masks")
    (run / "validation/summary.json").write_text(json.dumps(content))
    pairing = find_pairs(find_truth(truth), run)
    assert pairing.phantom is phantom and pairing.name == "run" and len(pairing.pairs) == 3
    assert find_pairs(find_truth(truth), run / "validation/masks").phantom is phantom
    # And where such a run is the truth, which other masks are judged by.
    other = tmp_path / "other"
    truth.rename(other)
    for path in (run, run / "validation/masks"):
        assert find_pairs(find_truth(path), other).phantom is phantom
