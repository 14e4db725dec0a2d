import os
from pathlib import Path

import pytest

from kseg.dataset import open_dataset, split_cases
from kseg.errors import ManifestError, RecipeError
from tests.dataset.folders import (
    msd_folder,
    nnunet_folder,
    table_folder,
    write_json,
    write_scan,
)

REAL = os.environ.get("KSEG_TEST_DATA")


def test_each_layout_is_recognised(tmp_path):
    msd_folder(tmp_path / "msd")
    nnunet_folder(tmp_path / "nnunet")
    table_folder(tmp_path / "table", "id,image,label\na,scans/a.nii.gz,masks/a.nii.gz\n")
    for name in ("msd", "nnunet", "table"):
        assert open_dataset(tmp_path / name, work=tmp_path).source == name
    assert open_dataset(tmp_path / "table" / "cases.csv", work=tmp_path).source == "table"


def test_nnunets_first_version_is_told_from_msd_by_its_channel_numbers(tmp_path):
    root = nnunet_folder(tmp_path, channels=1)
    training = [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}]
    labels = {"0": "background", "1": "liver", "2": "lesion"}
    write_json(
        root / "dataset.json",
        {"modality": {"0": "CT"}, "labels": labels, "training": training},
    )
    assert open_dataset(root, work=tmp_path).source == "nnunet"


def test_an_unknown_layout_is_refused_saying_what_was_looked_for(tmp_path):
    with pytest.raises(ManifestError) as caught:
        open_dataset(tmp_path, work=tmp_path)
    assert caught.value.code == "KS-E14" and caught.value.exit_code == 4
    assert all(word in caught.value.why for word in ("dataset.json", "imagesTr", "cases.csv"))


@pytest.mark.parametrize("source", ["auto", "msd", "nnunet", "table"])
def test_a_path_that_leads_nowhere_is_told_as_a_missing_file_or_folder(tmp_path, source):
    with pytest.raises(ManifestError, match="there is no such file or folder") as caught:
        open_dataset(tmp_path / "absent", source=source, work=tmp_path)
    assert caught.value.file == str(tmp_path / "absent") and "path" in caught.value.fix


def test_a_broken_manifest_is_told_by_its_reader(tmp_path):
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(ManifestError, match="must be a JSON file"):
        open_dataset(tmp_path, work=tmp_path)


def test_a_data_set_without_masks_is_refused(tmp_path):
    write_scan(tmp_path / "imagesTs/x.nii.gz")
    msd_folder(tmp_path, [], test=["./imagesTs/x.nii.gz"])
    with pytest.raises(ManifestError, match="1 case, none with a mask"):
        open_dataset(tmp_path, work=tmp_path)


def test_no_folder_and_a_folder_for_the_phantom_are_refused(tmp_path):
    with pytest.raises(ManifestError, match="must be given"):
        open_dataset(None, work=tmp_path)
    with pytest.raises(ManifestError, match="reads no folder"):
        open_dataset(tmp_path, source="phantom", work=tmp_path)


def test_digits_are_no_cases_to_open_one_by_one(tmp_path):
    with pytest.raises(ManifestError, match="arrays in one file") as caught:
        open_dataset(tmp_path, source="digits", work=tmp_path)
    assert "kseg fit" in caught.value.fix


def test_an_unknown_source_is_refused_with_what_there_is(tmp_path):
    with pytest.raises(RecipeError, match="no source called `dicom`.*digits, msd, nnunet"):
        open_dataset(tmp_path, source="dicom", work=tmp_path)


@pytest.mark.skipif(REAL is None, reason="KSEG_TEST_DATA is not set")
def test_the_real_hippocampus_folds_hold_forty_cases_each():
    dataset = open_dataset(Path(REAL) / "hippocampus", work=Path("unused"))
    assert dataset.label_names == ("background", "Anterior", "Posterior")
    for fold in range(5):
        split = split_cases(dataset, fold=fold, folds=5, seed=12345)
        assert (len(split.train), len(split.validation)) == (160, 40)


@pytest.mark.skipif(REAL is None, reason="KSEG_TEST_DATA is not set")
def test_the_two_scans_of_one_person_never_part():
    dataset = open_dataset(Path(REAL) / "liver_ct", work=Path("unused"))
    for fold in range(5):
        split = split_cases(dataset, fold=fold, folds=5, seed=12345)
        persons = [case.id for case in split.validation if case.subject == "person_a"]
        assert persons in ([], ["liver_000", "liver_001"])
