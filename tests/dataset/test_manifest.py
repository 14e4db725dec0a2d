from pathlib import Path

import pytest

from kseg.dataset.manifest import channel_names, label_names, read_manifest
from kseg.errors import ManifestError

HERE = Path("dataset.json")


@pytest.mark.parametrize(
    "declared",
    [
        {"0": "background", "1": "liver", "2": "lesion"},
        {"2": "lesion", "0": "Background", "1": "liver"},
        {"background": 0, "liver": 1, "lesion": 2},
        {"lesion": "2", "background": "0", "liver": "1"},
    ],
)
def test_labels_are_read_in_either_way_of_writing_them(declared):
    assert label_names(declared, HERE) == ("background", "liver", "lesion")


@pytest.mark.parametrize(
    "declared",
    [
        None,
        [],
        {},
        {"0": "background"},
        {"0": "background", "2": "liver"},
        {"1": "liver", "2": "lesion"},
        {"0": "liver", "1": "lesion"},
        {"0": "background", "1": "liver", "2": "liver"},
        {"0": "background", "1": ""},
        {"0": "background", "1": 5},
        {"background": 0, "liver": 1, "lesion": 1},
        {"background": 0, "whole": [1, 2]},
        {"background": 0, "liver": 1.5},
    ],
)
def test_labels_that_cannot_be_used_are_refused(declared):
    with pytest.raises(ManifestError) as caught:
        label_names(declared, HERE)
    assert caught.value.code == "KS-E15" and caught.value.fix


def test_channels_are_read_in_the_order_of_their_numbers():
    assert channel_names({"1": "T1", "0": "FLAIR"}, HERE) == ("FLAIR", "T1")
    assert channel_names(["CT"], HERE) == ("CT",)


@pytest.mark.parametrize("declared", [None, {}, [], "CT", {"0": ""}, {"1": "CT"}, {"a": "CT"}])
def test_channels_that_cannot_be_used_are_refused(declared):
    with pytest.raises(ManifestError, match="channels"):
        channel_names(declared, HERE)


def test_a_byte_order_mark_is_no_harm(tmp_path):
    (tmp_path / "d.json").write_bytes(b'\xef\xbb\xbf{"name": "x"}')
    assert read_manifest(tmp_path / "d.json") == {"name": "x"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1"),
        ("[1]", "list"),
        ('{"labels": {"1": "a", "1": "b"}}', '"1" stands twice'),
        ("[" * 100_000, "JSON"),
    ],
)
def test_a_manifest_that_is_no_object_is_refused(tmp_path, text, message):
    (tmp_path / "d.json").write_text(text)
    with pytest.raises(ManifestError, match=message) as caught:
        read_manifest(tmp_path / "d.json")
    assert caught.value.code == "KS-E13"


def test_a_manifest_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ManifestError, match="No such file"):
        read_manifest(tmp_path / "d.json")
