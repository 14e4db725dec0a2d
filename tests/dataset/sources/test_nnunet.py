import pytest

from kseg.dataset import Regions
from kseg.dataset.sources import open_nnunet
from kseg.errors import ManifestError
from tests.dataset.folders import nnunet_folder, write_mask, write_scan


def test_cases_are_found_with_their_channels_in_order(tmp_path):
    nnunet_folder(tmp_path)
    write_scan(tmp_path / "imagesTs/t_0000.nii.gz")
    write_scan(tmp_path / "imagesTs/t_0001.nii.gz")
    write_scan(tmp_path / "imagesTr/._a_0000.nii.gz")
    dataset = open_nnunet(tmp_path)
    assert dataset.source == "nnunet" and dataset.channels == ("MR0", "MR1")
    assert [case.id for case in dataset.cases] == ["a", "b"]
    assert [path.name for path in dataset.cases[0].images] == ["a_0000.nii.gz", "a_0001.nii.gz"]
    assert [case.id for case in dataset.unlabelled] == ["t"]


def test_missing_channels_and_masks_are_all_named(tmp_path):
    nnunet_folder(tmp_path)
    (tmp_path / "imagesTr/a_0001.nii.gz").unlink()
    (tmp_path / "labelsTr/b.nii.gz").unlink()
    with pytest.raises(ManifestError) as caught:
        open_nnunet(tmp_path)
    assert "imagesTr/a_0001.nii.gz" in caught.value.why
    assert "labelsTr/b.nii.gz" in caught.value.why


def test_a_mask_without_an_image_is_refused(tmp_path):
    nnunet_folder(tmp_path)
    write_mask(tmp_path / "labelsTr/z.nii.gz")
    with pytest.raises(ManifestError, match="labelsTr/z.nii.gz has no image"):
        open_nnunet(tmp_path)


def test_an_image_without_a_channel_number_is_refused(tmp_path):
    nnunet_folder(tmp_path)
    write_scan(tmp_path / "imagesTr/z.nii.gz")
    with pytest.raises(ManifestError, match="channel number"):
        open_nnunet(tmp_path)


def test_another_file_format_is_refused(tmp_path):
    with pytest.raises(ManifestError, match="file_ending"):
        open_nnunet(nnunet_folder(tmp_path, file_ending=".png"))


def test_regions_and_the_label_to_ignore_are_read(tmp_path):
    labels = {"background": 0, "whole": [1, 2], "core": 2, "ignore": 3}
    dataset = open_nnunet(nnunet_folder(tmp_path, labels=labels, regions_class_order=[1, 2]))
    assert dataset.regions == Regions(("whole", "core"), ((1, 2), (2,)), (1, 2))
    assert dataset.targets == ("whole", "core") and dataset.outputs == 2
    assert dataset.label_names == ("background", "label 1", "core") and dataset.ignore == 3
    assert dataset.names == ("background", "label 1", "core", "whole")
