import pytest

from kseg.errors import VolumeError
from kseg.evaluate.masks import mask_folder, masks_of, nifti_files


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_masks_go_by_their_names_without_extension(tmp_path):
    touch(tmp_path / "b.nii.gz", tmp_path / "a.nii", tmp_path / "a.1.NII.GZ", tmp_path / "a.json")
    assert {stem: path.name for stem, path in masks_of(tmp_path).items()} == {
        "a": "a.nii",
        "a.1": "a.1.NII.GZ",
        "b": "b.nii.gz",
    }


def test_hidden_files_and_folders_are_no_masks(tmp_path):
    touch(tmp_path / "a.nii.gz", tmp_path / "._a.nii.gz", tmp_path / "sub/b.nii.gz")
    (tmp_path / "c.nii.gz").mkdir()
    assert [path.name for path in nifti_files(tmp_path)] == ["a.nii.gz"]


def test_one_file_is_a_mask(tmp_path):
    touch(tmp_path / "a.nii.gz", tmp_path / "b.nii.gz")
    assert masks_of(tmp_path / "a.nii.gz") == {"a": tmp_path / "a.nii.gz"}


def test_a_run_folder_stands_for_its_validation_masks(tmp_path):
    touch(tmp_path / "validation/masks/a.nii.gz")
    assert masks_of(tmp_path) == {"a": tmp_path / "validation/masks/a.nii.gz"}
    assert mask_folder(tmp_path) == tmp_path / "validation/masks"


def test_masks_beside_a_folder_called_validation_come_first(tmp_path):
    touch(tmp_path / "validation/masks/a.nii.gz", tmp_path / "b.nii.gz")
    assert list(masks_of(tmp_path)) == ["b"]


def test_two_masks_of_one_name_are_refused(tmp_path):
    touch(tmp_path / "a.nii.gz", tmp_path / "a.nii")
    with pytest.raises(VolumeError, match="a.nii and a.nii.gz") as caught:
        masks_of(tmp_path)
    assert caught.value.code == "KS-V02"


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_a_place_without_masks_is_refused_saying_what_was_looked_for(tmp_path, name):
    touch(tmp_path / "notes.txt")
    with pytest.raises(VolumeError, match="validation/masks") as caught:
        masks_of(tmp_path / name)
    assert caught.value.code == "KS-V01"
