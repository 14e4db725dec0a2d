from pathlib import Path

import pytest

from kseg.errors import KsegError
from kseg.workflow.failure import failure_facts, without_places

DATA = Path("/mnt/St Mary/John Doe")


def test_an_error_of_kseg_is_kept_with_its_code_reason_and_file():
    error = KsegError(why="it is too short", code="KS-A01", file=DATA / "imagesTr/a.nii", fix="no")
    assert failure_facts(error, DATA) == {
        "code": "KS-A01",
        "why": "it is too short",
        "file": "imagesTr/a.nii",
    }


@pytest.mark.parametrize(
    ("file", "kept"), [(DATA, None), ("/home/me/liver.yaml", "liver.yaml"), (None, None)]
)
def test_of_another_file_only_the_name_is_kept_and_of_the_data_folder_nothing(file, kept):
    facts = failure_facts(KsegError(why="no", code="KS-E14", file=file), DATA)
    assert facts.get("file") == kept


def test_an_error_of_another_kind_is_kept_with_its_kind():
    assert failure_facts(MemoryError("9 GB"), None) == {"error": "MemoryError", "why": "9 GB"}
    full = OSError(28, "No space left on device", "/mnt/doe/a.nii")
    assert failure_facts(full, None) == {"error": "OSError", "why": "No space left on device"}
    assert len(failure_facts(ValueError("long " * 9999), None)["why"]) == 4000


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"{DATA}/imagesTr/a.nii is damaged", "imagesTr/a.nii is damaged"),
        (f"3 files lie outside {DATA}", "3 files lie outside the data folder"),
        ('File "/usr/lib/python/x.py", line 3', 'File "x.py", line 3'),
        ("/mnt/a/b.nii: it is empty", "b.nii: it is empty"),
        ("2/3 of 4 mm/voxel, and / or", "2/3 of 4 mm/voxel, and / or"),
        ("imagesTr/a.nii (nearest: b.nii)", "imagesTr/a.nii (nearest: b.nii)"),
    ],
)
def test_places_are_taken_out_of_a_text_and_nothing_else(text, kept):
    assert without_places(text, DATA) == kept


def test_the_scans_beside_a_table_are_of_the_data_set_and_a_link_is_followed(tmp_path):
    home = tmp_path / "John Doe"
    home.mkdir()
    (home / "cases.csv").touch()
    (tmp_path / "link").symlink_to(home)
    for place in (home, tmp_path / "link"):
        assert without_places(f"{home}/a.nii is empty", place / "cases.csv") == "a.nii is empty"
