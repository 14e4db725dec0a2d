from pathlib import Path

import pytest

from kseg.dataset.label_table import LabelTable, read_label_table
from kseg.dataset.regions import Regions
from kseg.errors import ManifestError

HERE = Path("dataset.json")


def read(labels, **more):
    return read_label_table({"labels": labels, **more}, HERE)


def test_labels_that_exclude_each_other_are_a_list_of_names():
    names = ("background", "liver", "lesion")
    assert read({"0": "background", "1": "liver", "2": "lesion"}) == LabelTable(names)
    assert read({"background": 0, "liver": 1, "lesion": [2]}) == LabelTable(names)


def test_nnunets_regions_are_read_with_their_order():
    """The example of nnU-Net's documentation/region_based_training.md."""
    labels = {
        "background": 0, "whole_tumor": [1, 2, 3], "tumor_core": [2, 3], "enhancing_tumor": 3,
    }  # fmt: skip
    table = read(labels, regions_class_order=[1, 2, 3])
    parts = ((1, 2, 3), (2, 3), (3,))
    assert table.regions == Regions(
        ("whole_tumor", "tumor_core", "enhancing_tumor"), parts, (1, 2, 3)
    )
    # Files hold values that no region names alone.
    assert table.names == ("background", "label 1", "label 2", "enhancing_tumor")
    assert table.ignore is None


def test_the_label_to_ignore_is_no_label():
    assert read({"background": 0, "liver": 1, "ignore": 2}) == LabelTable(
        ("background", "liver"), ignore=2
    )
    assert read({"0": "background", "1": "liver", "2": "ignore"}).ignore == 2
    table = read({"background": 0, "whole": [1, 2], "core": 1, "ignore": 3})
    assert table.ignore == 3 and table.regions.painted == (2, 1)


@pytest.mark.parametrize("order", [3, "12", {"1": 2}, True, [1], [1, [2]], [True, 2]])
def test_an_order_of_regions_that_is_no_list_of_labels_is_refused(order):
    labels = {"background": 0, "whole": [1, 2], "core": 2}
    with pytest.raises(ManifestError, match="must") as refused:
        read(labels, regions_class_order=order)
    assert refused.value.code == "KS-E21"


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        (None, "KS-E15"),
        ({"background": 0, "liver": 1, "ignore": 255}, "KS-E15"),
        ({"background": 0, "liver": 1, "ignore": [2, 3]}, "KS-E15"),
        ({"0": "background", "1": "liver", "2": "ignore", "3": "ignore"}, "KS-E15"),
        ({"background": 0, "whole": [1, 3]}, "KS-E15"),
        ({"background": 0, "whole": [1, "2"]}, "KS-E15"),
        ({"core": 1, "whole": [1]}, "KS-E15"),
        ({"background": 0, "core": 1, "whole": [1, 2], "rim": 2}, "KS-E21"),
        ({"background": 0, "whole": [1, 2], "part": [2, 0]}, "KS-E21"),
    ],
)
def test_what_cannot_be_learned_is_refused(labels, code):
    with pytest.raises(ManifestError) as caught:
        read(labels)
    assert caught.value.code == code and caught.value.fix
