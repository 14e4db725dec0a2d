import math
from pathlib import Path

from kseg.evaluate.folders import Evaluation
from kseg.evaluate.judge import CaseNote, Failure
from kseg.evaluate.judged import Judged
from kseg.evaluate.pairs import Pairing
from kseg.evaluate.score import EvaluateSettings, LabelScore
from kseg.evaluate.summary import summarise
from kseg.evaluate.text import (
    HEADINGS,
    case_notes,
    failure_text,
    first_names,
    left_out_lines,
    summary_notes,
    table_cells,
    table_text,
)
from kseg.evaluate.truth import TrueCase, Truth

WORST = {"nsd": 0.123, "hd95_mm": 1234.56, "assd_mm": 345.67, "volume_error_percent": 12345.6}


def scores(label="liver", cases=6, **measures):
    values = {"dice": 0.9, "nsd": 0.8, "hd95_mm": 3.0, "assd_mm": 0.5, "lesion_f1": 0.75}
    values |= {"volume_error_percent": -2.0} | measures
    return [LabelScore(f"c{n}", f"p{n}", label, **values) for n in range(cases)]


def test_a_row_for_each_label_and_one_for_the_mean():
    rows = table_cells(summarise(scores() + scores("lesion", dice=0.7)))
    assert [row[0] for row in rows] == ["liver", "lesion", "mean over labels"]
    assert rows[0] == (
        "liver", "6", "0.900 [0.900, 0.900]", "0.900", "0.800", "3.00", "0.50", "-2.0", "0.750"
    )  # fmt: skip
    assert rows[2][2].startswith("0.800")
    assert all(len(row) == len(HEADINGS) for row in rows)


def test_what_has_no_value_is_a_dash_and_few_cases_have_no_interval():
    nothing = dict.fromkeys(("dice", "nsd", "hd95_mm", "assd_mm", "lesion_f1"), math.nan)
    rows = table_cells(summarise(scores(cases=2) + scores("lesion", 2, **nothing)))
    assert rows[0][2] == "0.900"
    assert rows[1][1:7] == ("0", "-", "-", "-", "-", "-")


def test_the_widest_rows_keep_within_100_columns_and_lose_no_word_of_a_name():
    name = "left lower lobe of the lung without vessels"
    text = table_text(summarise(scores(name, **WORST) + scores("a", cases=6)))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 100
    names = [line[:17].strip() for line in lines]
    assert " ".join(names[1:4]) == name and names[4:] == ["a", "mean over labels"]


def test_a_narrow_place_gets_two_tables_that_lose_nothing():
    summary = summarise(scores("left lower lobe of the lung", **WORST))
    first, second = table_text(summary, 79).split("\n\n")
    assert max(map(len, [*first.splitlines(), *second.splitlines()])) <= 79
    assert first.startswith("label") and second.startswith("label")
    cells = {cell for row in table_cells(summary) for cell in row[1:]}
    assert all(cell in first + second for cell in cells)


def test_columns_stand_under_their_headings():
    lines = table_text(summarise(scores() + scores("b"))).splitlines()
    ends = {line.rstrip()[-5:] for line in lines[1:]}
    assert ends == {"0.750"} and len({len(line) for line in lines}) == 1


def test_infinite_distances_are_told_for_each_label():
    mixed = scores("liver")[1:] + [LabelScore("c0", "p0", "liver", dice=0, hd95_mm=math.inf)]
    notes = summary_notes(summarise(mixed + scores("spleen")), EvaluateSettings())
    assert any("infinite" in note and note.endswith(": liver in 1 case") for note in notes)


def test_phantom_and_tolerances_are_told():
    notes = summary_notes(summarise(scores(), phantom=True), EvaluateSettings(2, {"liver": 5}))
    assert notes[0].startswith("phantom")
    assert notes[-1] == "NSD at a tolerance of 2 mm (liver 5 mm)"
    assert not any("infinite" in note for note in notes)


def test_notes_of_one_kind_are_one_sentence():
    notes = [CaseNote("a", "k", "one"), CaseNote("b", "k", "two"), CaseNote("b", "l", "three")]
    assert case_notes(notes) == ["a: one; likewise 1 more case", "b: three"]
    # Two findings of one case are no second case.
    assert case_notes([CaseNote("a", "k", "one"), CaseNote("a", "k", "two")]) == ["a: one"]


def test_a_failure_is_told_with_reason_file_and_advice():
    failure = Failure("a", "it is empty", "KS-A04", "x.nii", "copy it again")
    assert failure_text(failure).splitlines() == [
        "a FAILED",
        "  why   it is empty  [KS-A04]",
        "  file  x.nii",
        "  fix   copy it again",
    ]
    assert failure_text(Failure("a", "why", "KS-V05", None, None)).count("\n") == 1


def test_what_was_not_judged_is_told_line_by_line():
    cases = (TrueCase(name, name, Path(f"{name}.nii")) for name in "abc")
    truth = Truth("truth", Path("truth"), tuple(cases), None)
    pairing = Pairing(truth, Path("p"), "p", (), ("b", "c"), (Path("p/z.nii"),))
    failed = Evaluation((), (), (Failure("a", "it is empty", "KS-A04", None, None),))
    lines = left_out_lines(Judged("p", pairing, failed), where="p: ")
    assert lines == [
        "p: a FAILED\n  why   it is empty  [KS-A04]",
        "MISSING: p: 2 of 3 true masks have no predicted one: b, c",
        "  fix   predict them too, or pass --partial if only some are meant",
        "note: p: 1 predicted mask has no true one, unused: z.nii",
    ]
    partial = left_out_lines(Judged("p", pairing, failed), partial=True)
    assert partial[1].startswith("note: 2 of 3") and len(partial) == 3


def test_a_label_called_mean_cannot_be_taken_for_the_mean():
    rows = table_cells(summarise(scores("mean")))
    assert [row[0] for row in rows] == ["mean", "mean over labels"]


def test_names_beyond_ten_are_counted():
    assert first_names([str(n) for n in range(12)]).endswith("8, 9 and 2 more")
