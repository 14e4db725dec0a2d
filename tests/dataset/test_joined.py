from pathlib import Path

import numpy as np
import pytest

from kseg.dataset.joined import join_labels, joined_values, names_in_files
from kseg.dataset.options import ReadOptions
from kseg.errors import ManifestError

NAMES = ("background", "liver", "lesion", "vessel")
FILE = Path("dataset.json")
JOINED = ReadOptions(joined=(0, 1, 1, 0))


def test_labels_are_joined_by_name_or_by_value_and_others_become_background():
    assert joined_values({"liver": ["liver", "lesion"]}, NAMES, FILE) == (0, 1, 1, 0)
    assert joined_values({"a": [3], "b": [1, "lesion"]}, NAMES, FILE) == (0, 2, 2, 1)


@pytest.mark.parametrize("part", ["liver tumour", "background", 0, 4, -1])
def test_what_is_no_label_of_the_data_set_is_refused_with_those_that_are(part):
    with pytest.raises(ManifestError, match="made of labels") as refused:
        joined_values({"a": [part]}, NAMES, FILE)
    assert "1 liver, 2 lesion, 3 vessel" in refused.value.fix


def test_a_label_can_be_part_of_one_only():
    with pytest.raises(ManifestError, match="once"):
        joined_values({"a": ["liver"], "b": [1]}, NAMES, FILE)


def test_masks_are_mapped_and_files_keep_their_own_meaning():
    mask = np.array([[0, 1, 2, 3]], np.uint8)
    assert join_labels(mask, JOINED).tolist() == [[0, 1, 1, 0]]
    assert join_labels(mask, JOINED).dtype == np.uint8
    assert names_in_files(("background", "liver"), JOINED) == (
        "background", "liver", "liver", "background",
    )  # fmt: skip


def test_without_joining_nothing_changes():
    mask = np.array([[0, 1]], np.uint8)
    assert join_labels(mask, ReadOptions()) is mask
    assert names_in_files(NAMES, ReadOptions()) == NAMES
