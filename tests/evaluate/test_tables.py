import json
import math

import pandas as pd

from kseg.evaluate.overlap import LabelScore
from kseg.evaluate.tables import write_tables

SCORES = [
    LabelScore("007", "007", "liver", 0.9, 10, 11, 1.0, 1.1),
    LabelScore("007", "007", "lesion", math.nan, 0, 0, 0.0, 0.0),
]


def test_each_label_of_each_case_has_a_row_and_missing_dice_is_blank(tmp_path):
    write_tables(tmp_path, SCORES)
    table = pd.read_csv(tmp_path / "cases.csv", dtype={"case": str, "subject": str})
    assert list(table) == [
        "case",
        "subject",
        "label",
        "dice",
        "truth_voxels",
        "predicted_voxels",
        "truth_ml",
        "predicted_ml",
    ]
    assert table["case"].tolist() == ["007", "007"]
    assert table["dice"].isna().tolist() == [False, True]
    assert (tmp_path / "cases.csv").read_text().splitlines()[2] == "007,007,lesion,,0,0,0.0,0.0"


def test_summary_on_disk_is_the_summary_returned(tmp_path):
    summary = write_tables(tmp_path / "validation", SCORES, phantom=True)
    stored = json.loads((tmp_path / "validation" / "summary.json").read_text())
    assert stored == summary.to_dict()
    assert stored["data"] == "phantom"
    table = pd.read_csv(tmp_path / "validation" / "cases.csv")
    assert set(table["data"]) == {"phantom"}


def test_equal_scores_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_tables(tmp_path / name, SCORES)
    for file in ("cases.csv", "summary.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_no_scores_still_give_a_header(tmp_path):
    write_tables(tmp_path, [])
    assert (tmp_path / "cases.csv").read_text().startswith("case,subject,label,dice")
