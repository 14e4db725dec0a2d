from pathlib import Path

import numpy as np
import pytest

from kseg.dataset import DataSet, Regions
from kseg.errors import ManifestError, VolumeError
from kseg.evaluate.declared import (
    check_names,
    check_values,
    declared_by,
    find_declared,
    read_declared,
)
from kseg.evaluate.score import EvaluatedLabel
from tests.evaluate.mask_folders import declare


def dataset(*label_names, **facts):
    return DataSet("a", "msd", Path("a"), (), label_names, ("CT",), **facts)


def read(tmp_path, labels):
    return read_declared(declare(tmp_path / "labels.json", labels))


def test_values_to_names_as_msd_writes_them(tmp_path):
    found = read(tmp_path, {"0": "background", "2": " liver ", "5": "lesion"})
    assert found.labels == (EvaluatedLabel("liver", (2,)), EvaluatedLabel("lesion", (5,)))
    assert found.ignore is None


def test_names_to_values_as_nnunet_writes_them(tmp_path):
    labels = {"background": 0, "whole": [1, 2, 3], "core": [3, 2], "spot": 3, "ignore": 4}
    found = read(tmp_path, labels)
    assert found.labels == (
        EvaluatedLabel("whole", (1, 2, 3)),
        EvaluatedLabel("core", (2, 3)),
        EvaluatedLabel("spot", (3,)),
    )
    assert found.ignore == 4 and found.names == ("whole", "core", "spot")


def test_the_background_need_not_be_declared(tmp_path):
    assert read(tmp_path, {"liver": 1}).names == ("liver",)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([], "names and values"),
        ({}, "names and values"),
        (None, "names and values"),
        ({"background": 0}, "named"),
        ({"1": "liver", "2": "liver"}, "own name"),
        ({"liver": 1, "spleen": 1}, "own value"),
        ({"1": "liver", "01": "spleen"}, "own value"),
        ({"liver": 1.5}, "whole numbers"),
        ({"liver": True}, "whole numbers"),
        ({"liver": -1}, "0 to 65535"),
        ({"liver": 65536}, "0 to 65535"),
        ({"liver": []}, "a name and a value"),
        ({"1": ["liver"]}, "a name and a value"),
        ({" ": 1}, "a name and a value"),
        ({"0": "liver"}, "must be the background"),
        ({"liver": [0, 1]}, "must be the background"),
        ({"liver": 1, "ignore": [2, 3]}, "one value"),
        ({"liver": 1, "ignore": 0}, "one value"),
        ({"liver": [1, 2], "ignore": 2}, "its own"),
        ({"li\ud800ver": 1}, "surrogates not allowed"),
    ],
)
def test_labels_that_cannot_be_understood_are_refused(tmp_path, labels, told):
    with pytest.raises(ManifestError, match=told) as caught:
        read(tmp_path, labels)
    assert caught.value.code == "KS-E15" and "labels.json" in caught.value.file


def test_a_file_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "labels.json").write_text("liver = 1")
    with pytest.raises(ManifestError) as caught:
        read_declared(tmp_path / "labels.json")
    assert caught.value.code == "KS-E13"


def test_the_declaration_is_found_in_the_folder_then_above(tmp_path):
    masks = tmp_path / "masks"
    masks.mkdir()
    assert find_declared(masks) is None
    above = declare(tmp_path / "dataset.json", {"liver": 1})
    assert find_declared(masks) == above
    declare(masks / "dataset.json", {"liver": 1})
    beside = declare(masks / "labels.json", {"liver": 1})
    assert find_declared(masks) == beside


def test_a_json_file_without_labels_declares_nothing(tmp_path):
    (tmp_path / "dataset.json").write_text("{}")
    assert find_declared(tmp_path) is None


def test_an_undeclared_value_is_refused_with_counts_and_names():
    voxels = np.array([[[0, 1, 9, 9, 3]]], np.uint8)
    with pytest.raises(VolumeError, match=r"3 \(1 voxels\), 9 \(2 voxels\); declared are 1 liver"):
        check_values(voxels, declared_by(dataset("background", "liver")), "a.nii")


def test_every_value_of_a_region_is_declared(tmp_path):
    declared = read(tmp_path, {"whole": [1, 3]})
    assert check_values(np.array([[[0, 1, 3]]], np.uint8), declared, "a.nii") == declared.labels
    with pytest.raises(VolumeError, match=r"2 \(1 voxels\); declared are 1\+3 whole"):
        check_values(np.array([[[0, 2]]], np.uint8), declared, "a.nii")


def test_without_declaration_each_value_is_a_label_but_an_image_is_refused():
    assert [label.name for label in check_values(np.array([[[5, 0, 2]]]), None, "a.nii")] == [
        "2",
        "5",
    ]
    with pytest.raises(VolumeError, match="looks like an image") as caught:
        check_values(np.arange(256).reshape(4, 8, 8), None, "a.nii")
    assert caught.value.code == "KS-C05"


@pytest.mark.parametrize("name", ["mean over labels", "Mean over Labels"])
def test_the_name_of_the_row_over_all_labels_is_refused(name):
    with pytest.raises(ManifestError, match=name) as caught:
        check_names(declared_by(dataset("background", "liver", name)), "x.json")
    assert caught.value.code == "KS-V09" and caught.value.file == "x.json"


def test_other_names_are_free_and_none_need_be_declared():
    check_names(declared_by(dataset("background", "mean", "over labels")), "x.json")
    check_names(None, "x.json")


def test_a_data_set_of_regions_is_judged_by_them():
    regions = Regions(("whole", "core"), ((1, 2), (2,)), (1, 2))
    declared = declared_by(dataset("background", "a", "b", regions=regions, ignore=3))
    assert declared.names == ("whole", "core") and declared.ignore == 3
    assert declared.labels[0].values == (1, 2)
