import json

import pytest

from kseg.errors import ManifestError, VolumeError
from kseg.evaluate.truth import find_truth
from tests.dataset.folders import msd_folder, nnunet_folder, table_folder
from tests.evaluate.mask_folders import declare, two_folders, write


def entry(name, **more):
    return {"image": f"imagesTr/{name}.nii.gz", "label": f"labelsTr/{name}.nii.gz"} | more


def test_a_data_folder_gives_ids_subjects_names_images_and_the_phantom_mark(tmp_path):
    rows = [entry("a", subject="p1"), entry("b", subject="p1"), entry("c")]
    truth = find_truth(msd_folder(tmp_path, training=rows, synthetic=True))
    assert [(case.id, case.subject) for case in truth.cases] == [
        ("a", "p1"),
        ("b", "p1"),
        ("c", "c"),
    ]
    assert truth.cases[0].images == (tmp_path / "imagesTr/a.nii.gz",)
    assert truth.labels.names == ("liver", "lesion") and truth.phantom and truth.name == "tiny"
    assert truth.channels == ("CT",)


def test_a_table_gives_its_cases(tmp_path):
    text = "id,image,label,subject\nx1,scans/a.nii.gz,masks/a.nii.gz,p7\n"
    truth = find_truth(table_folder(tmp_path, text) / "cases.csv")
    assert [(case.id, case.subject, case.mask.name) for case in truth.cases] == [
        ("x1", "p7", "a.nii.gz")
    ]
    assert find_truth(tmp_path).cases == truth.cases


def test_a_folder_of_masks_alone_declares_nothing(tmp_path):
    folder, _ = two_folders(tmp_path)
    truth = find_truth(folder)
    assert truth.labels is None and not truth.phantom and truth.name == "truth"
    assert truth.channels == ()
    assert [(case.id, case.subject, case.images) for case in truth.cases] == [
        (name, name, ()) for name in "abc"
    ]


def test_the_folder_above_names_labels_and_for_these_very_files_subjects_and_scans(tmp_path):
    rows = [entry("a", subject="p1"), entry("b")]
    msd_folder(tmp_path, training=rows, synthetic=True)
    truth = find_truth(tmp_path / "labelsTr")
    assert truth.labels.names == ("liver", "lesion") and truth.phantom
    assert truth.channels == ("CT",)
    assert [case.subject for case in truth.cases] == ["p1", "b", "c"]
    assert [len(case.images) for case in truth.cases] == [1, 1, 0]


def test_subjects_of_other_files_of_the_same_name_are_not_taken(tmp_path):
    msd_folder(tmp_path, training=[entry("a", subject="p1")])
    write(tmp_path / "other/a.nii.gz")
    assert find_truth(tmp_path / "other").cases[0].subject == "a"


def test_a_manifest_copied_beside_masks_does_not_make_them_a_data_set(tmp_path):
    folder, _ = two_folders(tmp_path)
    declare(folder / "dataset.json", {"liver": 1}, file_ending=".nii.gz", training=[entry("a")])
    truth = find_truth(folder)
    assert len(truth.cases) == 3 and truth.labels.names == ("liver",)


def test_the_table_of_an_earlier_evaluation_does_not_make_masks_a_data_set(tmp_path):
    folder, _ = two_folders(tmp_path)
    (folder / "cases.csv").write_text("case,subject,label,dice\n")
    assert len(find_truth(folder).cases) == 3


def test_scans_and_masks_in_one_folder_with_their_manifest_are_a_data_set(tmp_path):
    rows = [{"image": "a.nii.gz", "label": "a_mask.nii.gz"}]
    msd_folder(tmp_path, names=("a",), training=rows)
    for old, new in (("imagesTr/a.nii.gz", "a.nii.gz"), ("labelsTr/a.nii.gz", "a_mask.nii.gz")):
        (tmp_path / old).rename(tmp_path / new)
    assert [case.id for case in find_truth(tmp_path).cases] == ["a"]


def test_labels_that_only_judging_can_use_take_the_masks_as_a_folder(tmp_path):
    nnunet_folder(tmp_path, labels={"background": 0, "whole": [1, 2], "ignore": 3})
    truth = find_truth(tmp_path)
    assert truth.labels.names == ("whole",) and truth.labels.ignore == 3
    assert truth.channels == ("MR0", "MR1")
    assert [path.name for path in truth.cases[0].images] == ["a_0000.nii.gz", "a_0001.nii.gz"]


def test_another_mistake_in_a_data_folder_is_told(tmp_path):
    msd_folder(tmp_path, training="a")
    with pytest.raises(ManifestError) as caught:
        find_truth(tmp_path)
    assert caught.value.code == "KS-E13"


def test_one_mask_is_a_truth_and_asks_its_folder_for_names(tmp_path):
    folder, _ = two_folders(tmp_path)
    declare(folder / "labels.json", {"liver": 1})
    truth = find_truth(folder / "b.nii.gz")
    assert [case.id for case in truth.cases] == ["b"] and truth.labels.names == ("liver",)


def test_a_file_of_labels_holds_before_all_others(tmp_path):
    msd_folder(tmp_path)
    file = declare(tmp_path / "more/mine.json", {"tumour": [1, 2]})
    assert find_truth(tmp_path, labels_file=file).labels.names == ("tumour",)


def test_scans_are_found_by_name_with_and_without_channel_numbers(tmp_path):
    folder, _ = two_folders(tmp_path, ("a", "b", "c", "d_0001"))
    for name in ("a", "b_0000", "b_0001", "d_0001"):
        write(tmp_path / f"scans/{name}.nii.gz")
    truth = find_truth(folder, images=tmp_path / "scans")
    found = {case.id: [path.name[:-7] for path in case.images] for case in truth.cases}
    assert found == {"a": ["a"], "b": ["b_0000", "b_0001"], "c": [], "d_0001": ["d_0001"]}


def test_a_case_without_a_scan_in_that_folder_keeps_the_one_that_its_data_set_names(tmp_path):
    msd_folder(tmp_path / "data")
    scan = write(tmp_path / "scans/b.nii.gz")
    truth = find_truth(tmp_path / "data", images=tmp_path / "scans")
    listed = tmp_path / "data/imagesTr"
    assert [case.images for case in truth.cases] == [
        (listed / "a.nii.gz",),
        (scan,),
        (listed / "c.nii.gz",),
    ]


@pytest.mark.parametrize("channels", [3, {"1": "CT"}, {"0": 7}])
def test_channels_that_make_no_sense_are_not_known(tmp_path, channels):
    folder, _ = two_folders(tmp_path)
    declare(tmp_path / "dataset.json", {"liver": 1}, channel_names=channels)
    assert find_truth(folder).channels == ()


def test_a_label_with_the_name_of_the_last_row_is_refused_wherever_it_is_declared(tmp_path):
    labels = {"0": "background", "1": "mean over labels"}
    folder, _ = two_folders(tmp_path / "masks")
    declare(folder / "labels.json", labels)
    msd_folder(tmp_path / "data", labels={**labels, "2": "mean"})
    for path in (folder, tmp_path / "data"):
        with pytest.raises(ManifestError) as caught:
            find_truth(path)
        assert caught.value.code == "KS-V09"
        file = declare(tmp_path / "mine.json", {"liver": 1, "mean": 2})
        assert find_truth(path, labels_file=file).labels.names == ("liver", "mean")


def test_a_folder_of_scans_without_any_is_refused(tmp_path):
    folder, _ = two_folders(tmp_path)
    with pytest.raises(VolumeError, match="scans") as caught:
        find_truth(folder, images=tmp_path / "nowhere")
    assert caught.value.code == "KS-V01"


def test_nothing_there_is_told(tmp_path):
    with pytest.raises(VolumeError, match="nothing of this name") as caught:
        find_truth(tmp_path / "nowhere")
    assert caught.value.code == "KS-V01"


def test_entries_of_any_kind_in_a_manifest_do_no_harm(tmp_path):
    write(tmp_path / "labelsTr/a.nii.gz")
    rows = [None, "a", {"label": 3}, {"label": "a\0b"}, entry("a", image=[1], subject=None)]
    content = {"labels": {"1": "liver"}, "training": rows}
    (tmp_path / "dataset.json").write_text(json.dumps(content))
    case = find_truth(tmp_path / "labelsTr").cases[0]
    assert (case.subject, case.images) == ("a", ())
