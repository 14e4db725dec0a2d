import pytest

from kseg.dataset.sources import open_msd
from kseg.errors import ManifestError
from tests.dataset.folders import msd_folder, write_scan


def test_cases_labels_and_channels_are_read(tmp_path):
    dataset = open_msd(msd_folder(tmp_path))
    assert (dataset.name, dataset.source, dataset.phantom) == ("tiny", "msd", False)
    assert [case.id for case in dataset.cases] == ["a", "b", "c"]
    assert dataset.cases[0].images == (tmp_path / "imagesTr/a.nii.gz",)
    assert dataset.cases[0].label == tmp_path / "labelsTr/a.nii.gz"
    assert dataset.label_names == ("background", "liver", "lesion")
    assert dataset.channels == ("CT",)


def test_subjects_unlabelled_scans_and_channel_files_are_read(tmp_path):
    msd_folder(tmp_path, ["a", "b"])
    write_scan(tmp_path / "imagesTs/t.nii.gz")
    training = [
        {
            "image": ["imagesTr/a.nii.gz", "imagesTr/b.nii.gz"],
            "label": "labelsTr/a.nii.gz",
            "subject": 7,
        }
    ]
    msd_folder(
        tmp_path,
        ["a", "b"],
        training=training,
        test=["./imagesTs/t.nii.gz"],
        modality={"0": "T1", "1": "T2"},
    )
    dataset = open_msd(tmp_path)
    assert dataset.cases[0].subject == "7" and len(dataset.cases[0].images) == 2
    assert [case.id for case in dataset.unlabelled] == ["t"]
    assert dataset.unlabelled[0].label is None


def test_the_twins_that_macos_leaves_are_ignored(tmp_path):
    msd_folder(tmp_path, ["a"])
    twin = {"image": "./imagesTr/._a.nii.gz", "label": "./labelsTr/._a.nii.gz"}
    good = {"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}
    msd_folder(tmp_path, ["a"], training=[twin, good], test=["./imagesTs/._t.nii.gz"])
    dataset = open_msd(tmp_path)
    assert [case.id for case in dataset.cases] == ["a"] and dataset.unlabelled == ()


def test_e06_paths_belong_to_the_manifests_folder_wherever_one_stands(tmp_path, monkeypatch):
    msd_folder(tmp_path / "data")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert all(case.images[0].is_file() for case in open_msd("../data").cases)


def test_a_synthetic_data_set_stays_a_phantom(tmp_path):
    dataset = open_msd(msd_folder(tmp_path, synthetic=True))
    assert dataset.phantom and dataset.source == "phantom"


@pytest.mark.parametrize(
    "row",
    [None, "a.nii.gz", {}, {"image": "a"}, {"image": 3, "label": "b"}, {"image": [], "label": "b"}],
)
def test_a_row_that_is_no_pair_is_refused_with_its_place(tmp_path, row):
    with pytest.raises(ManifestError, match=r"training\[0\]"):
        open_msd(msd_folder(tmp_path, training=[row]))


def test_training_that_is_no_list_is_refused(tmp_path):
    with pytest.raises(ManifestError, match='"training" must be a list'):
        open_msd(msd_folder(tmp_path, training={}))
