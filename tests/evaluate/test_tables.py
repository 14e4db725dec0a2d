import csv
import json
import math
from dataclasses import astuple, fields

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kseg.errors import KsegError
from kseg.evaluate import tables
from kseg.evaluate.compare import compare
from kseg.evaluate.judge import Failure
from kseg.evaluate.left_out import Against, LeftOut
from kseg.evaluate.score import EvaluateSettings, LabelScore
from kseg.evaluate.tables import REPORT_FILE, read_cases, write_tables

NAMES = [field.name for field in fields(LabelScore)]
SCORES = [
    LabelScore("007", "007", "liver", 0.9, nsd=0.8, hd_mm=math.inf, truth_voxels=10, truth_ml=1.0),
    LabelScore("007", "007", "lesion"),
]
FLOATS = st.floats(-1e99, 1e99) | st.sampled_from([math.nan, math.inf])
KINDS = {str: st.text(max_size=8), float: FLOATS, int: st.integers(0, 10**9)}
ANY_SCORE = st.builds(LabelScore, **{f.name: KINDS[f.type] for f in fields(LabelScore)})


def stored_text(folder, text, encoding="utf-8"):
    path = folder / "cases.csv"
    path.write_bytes(text.encode(encoding))
    return path


def comparison():
    ours, theirs = (
        [LabelScore(f"c{n}", f"p{n}", "liver", start + n / 100) for n in range(6)]
        for start in (0.9, 0.8)
    )
    return ours, compare(ours, theirs, names=("ours", "theirs"), measures=["dice", "nsd"])


def test_each_label_of_each_case_has_a_row_with_blanks_and_infinity(tmp_path):
    write_tables(tmp_path, SCORES)
    table = pd.read_csv(tmp_path / "cases.csv", dtype={"case": str, "subject": str})
    assert list(table) == NAMES
    assert table["case"].tolist() == ["007", "007"]
    assert table["dice"].isna().tolist() == [False, True]
    assert table["hd_mm"].iloc[0] == math.inf
    lines = (tmp_path / "cases.csv").read_text().splitlines()
    assert lines[1] == "007,007,liver,0.9,,,,0.8,inf,,,,,,,,,0,0,10,0,1.0,0.0"


def test_summary_on_disk_is_the_summary_returned(tmp_path):
    summary = write_tables(tmp_path / "validation", SCORES, phantom=True)
    stored = json.loads((tmp_path / "validation" / "summary.json").read_text())
    assert stored == summary.to_dict()
    assert stored["data"] == "phantom" and "counted" in stored["rules"]
    table = pd.read_csv(tmp_path / "validation" / "cases.csv")
    assert set(table["data"]) == {"phantom"}


def test_tolerance_is_told(tmp_path):
    write_tables(tmp_path, SCORES, settings=EvaluateSettings(2.5))
    assert json.loads((tmp_path / "summary.json").read_text())["tolerance_mm"] == 2.5


def test_comparison_has_a_row_for_each_measure_and_label(tmp_path):
    scores, found = comparison()
    write_tables(tmp_path, scores, comparison=found)
    with (tmp_path / "comparison.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["measure"], row["label"]) for row in rows] == [
        (measure, label) for measure in ("dice", "nsd") for label in ("liver", "mean over labels")
    ]
    assert (rows[0]["first"], rows[0]["second"], rows[0]["winner"]) == ("ours", "theirs", "ours")
    assert float(rows[0]["difference"]) == pytest.approx(0.1) and rows[2]["p"] == ""
    assert json.loads((tmp_path / "comparison.json").read_text()) == found.to_dict()


def test_comparison_says_phantom_too(tmp_path):
    scores, found = comparison()
    write_tables(tmp_path, scores, comparison=found, phantom=True)
    assert json.loads((tmp_path / "comparison.json").read_text())["data"] == "phantom"
    assert set(pd.read_csv(tmp_path / "comparison.csv")["data"]) == {"phantom"}


def test_equal_scores_give_equal_bytes(tmp_path):
    scores, found = comparison()
    for name in ("a", "b"):
        write_tables(tmp_path / name, scores, comparison=found)
    for file in ("cases.csv", "summary.json", "comparison.csv", "comparison.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_without_comparison_no_comparison_is_written(tmp_path):
    write_tables(tmp_path, SCORES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cases.csv", "summary.json"]


def test_what_belongs_to_earlier_numbers_is_removed(tmp_path):
    scores, found = comparison()
    write_tables(tmp_path, scores, comparison=found)
    (tmp_path / REPORT_FILE).write_text("an earlier page")
    (tmp_path / "mine.txt").touch()
    write_tables(tmp_path, scores)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["cases.csv", "mine.txt", "summary.json"] and REPORT_FILE == "report.html"


def test_the_summary_is_written_once_with_all_that_it_tells(tmp_path, monkeypatch):
    written, write_json = [], tables.write_json
    monkeypatch.setattr(tables, "write_json", lambda *a: written.append(a) or write_json(*a))
    left_out = LeftOut(("a",), failed=(Failure("b", "why", "KS-A04", "/x/b.nii", None),))
    against = Against("theirs", 3, LeftOut(unused=("z.nii",)))
    summary = write_tables(tmp_path, SCORES, cases=9, left_out=left_out, against=against)
    content = json.loads((tmp_path / "summary.json").read_text())
    assert len(written) == 1 and content["cases"] == summary.cases == 9
    assert content["missing"] == ["a"] and content["failed"][0]["file"] == "b.nii"
    assert content["against"]["unused"] == ["z.nii"]


def test_no_scores_still_give_a_header_and_are_read_back(tmp_path):
    write_tables(tmp_path, [])
    assert (tmp_path / "cases.csv").read_text() == ",".join(NAMES) + "\n"
    assert read_cases(tmp_path / "cases.csv").scores == ()


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    scores=st.lists(ANY_SCORE, max_size=4, unique_by=lambda s: (s.case, s.label)),
    phantom=st.booleans(),
)
def test_what_is_written_is_read_back_exactly(tmp_path, scores, phantom):
    write_tables(tmp_path, scores, phantom=phantom)
    stored = read_cases(tmp_path / "cases.csv")
    # As text, since NaN is not equal to itself and -0.0 is to 0.0.
    assert [repr(astuple(s)) for s in stored.scores] == [repr(astuple(s)) for s in scores]
    assert stored.phantom == (phantom and bool(scores))


def test_line_ends_and_quotes_in_names_survive(tmp_path):
    odd = [LabelScore('a\r,"b"\n', "NA", "None", 0.5)]
    write_tables(tmp_path, odd)
    assert repr(read_cases(tmp_path / "cases.csv").scores) == repr(tuple(odd))


def test_older_table_lacks_columns_and_a_foreign_one_has_more(tmp_path):
    text = "case,label,dice,truth_voxels,site\r\na,liver,0.5,7,Bern\r\n"
    (score,) = read_cases(stored_text(tmp_path, text, "utf-8-sig")).scores
    assert (score.case, score.subject, score.dice, score.truth_voxels) == ("a", "a", 0.5, 7)
    assert math.isnan(score.hd_mm) and score.predicted_ml == 0.0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "columns none"),
        ("case;label;dice\na;liver;1\n", "case;label"),
        ("case,label,dice\na,liver,good\n", "row 1: could not convert"),
        ("case,label,truth_voxels\na,liver,\n", "row 1: invalid literal"),
        ("case,label,dice\na,liver\n", "row 1 has more or fewer"),
        ("case,label,dice\na,liver,1,2\n", "row 1 has more or fewer"),
        ("case,label,dice\na,liver,1\na,liver,1\n", "row 2: 'liver' of 'a' comes twice"),
        ('case,label,dice\n"a,liver,1\n', "unexpected end"),
    ],
)
def test_table_that_is_none_is_refused_with_its_reason(tmp_path, text, why):
    with pytest.raises(KsegError, match="cases.csv of kseg") as caught:
        read_cases(stored_text(tmp_path, text))
    assert why in caught.value.why and caught.value.code == "KS-V20"


def test_table_in_another_encoding_is_refused(tmp_path):
    with pytest.raises(KsegError, match="utf-8"):
        read_cases(stored_text(tmp_path, "case,label\nä,liver\n", "latin-1"))
