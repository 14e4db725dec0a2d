import os

import pytest

from kseg.errors import VolumeError
from kseg.evaluate.masks import are_of_phantom, mask_folder, masks_of, nifti_files, printable


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


@pytest.mark.parametrize("alone", [True, False])
def test_a_name_that_is_no_text_is_refused_in_letters_that_can_be_shown(tmp_path, alone):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/m\xfcller.nii.gz")
    try:
        os.close(os.open(path, os.O_CREAT))
    except OSError:
        pytest.skip("this file system keeps no such names")
    touch(tmp_path / "a.nii.gz")
    with pytest.raises(VolumeError) as caught:
        masks_of(path if alone else tmp_path)
    assert caught.value.code == "KS-V07" and caught.value.exit_code == 4
    assert "ller.nii.gz" in caught.value.why and str(caught.value).encode()


def test_letters_of_any_script_are_text(tmp_path):
    touch(tmp_path / "Müller_頭.nii")
    assert list(masks_of(tmp_path)) == ["Müller_頭"]


def test_what_can_be_shown_is_left_as_it_is():
    assert printable("Müller_頭") == "Müller_頭" and printable("a\ud800").isascii()


@pytest.mark.parametrize("part", ["", "validation/masks", "validation/masks/a.nii.gz"])
@pytest.mark.parametrize(
    ("text", "phantom"),
    [('{"data": "phantom"}', True), ("{}", False), ("[]", False), ("{", False), ("\xff", False)],
)
def test_masks_of_a_run_on_synthetic_scans_are_known_by_its_summary(tmp_path, part, text, phantom):
    touch(tmp_path / "validation/masks/a.nii.gz")
    (tmp_path / "validation/summary.json").write_text(text, encoding="latin-1")
    assert are_of_phantom(tmp_path / part) is phantom


def test_masks_without_a_summary_are_of_nobody(tmp_path):
    touch(tmp_path / "a.nii.gz")
    assert not are_of_phantom(tmp_path)
