import csv
import json
import subprocess
import sys

import pytest

from tests.dataset.folders import msd_folder
from tests.evaluate.mask_folders import BALL, block, declare, moved, two_folders, write

NAMED = {"background": 0, "liver": 1}


@pytest.fixture
def pair_of_folders(tmp_path):
    """Six true masks with a name for their label, and the same moved by a voxel."""
    truth, predicted = two_folders(tmp_path, "abcdef")
    declare(truth / "labels.json", NAMED)
    return truth, predicted


def rows_of(folder):
    with (folder / "cases.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def summary_of(folder):
    return json.loads((folder / "summary.json").read_text())


def test_two_folders_give_a_table_two_files_and_0(kseg_command, pair_of_folders, tmp_path):
    ended = kseg_command("evaluate", *pair_of_folders, "--out", tmp_path / "out")
    assert ended.code == 0 and ended.err == ""
    lines = ended.out.splitlines()
    assert lines[0].split()[:2] == ["label", "cases"]
    assert lines[1].split()[:5] == ["liver", "6", "0.750", "[0.750,", "0.750]"]
    assert lines[2].startswith("mean") and max(map(len, lines[:3])) <= 100
    assert "NSD at a tolerance of 2 mm" in ended.out and "out/cases.csv" in ended.out
    assert [(row["case"], row["label"], row["dice"]) for row in rows_of(tmp_path / "out")] == [
        (name, "liver", "0.75") for name in "abcdef"
    ]
    summary = summary_of(tmp_path / "out")
    assert summary["labels"]["liver"]["dice"]["mean"] == 0.75
    assert summary["missing"] == summary["failed"] == summary["unused"] == summary["notes"] == []


def test_without_out_nothing_is_written(kseg_command, pair_of_folders, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert kseg_command("evaluate", *pair_of_folders).code == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_a_failing_case_is_listed_and_the_end_is_3(kseg_command, pair_of_folders, tmp_path):
    truth, predicted = pair_of_folders
    write(predicted / "b.nii.gz", block((7, 1, 1, 1)))
    ended = kseg_command("evaluate", truth, predicted, "--out", tmp_path / "out")
    assert ended.code == 3 and "1 case failed and is left out" in ended.err
    assert "b FAILED" in ended.out and "KS-C05" in ended.out and "  fix   " in ended.out
    (failed,) = summary_of(tmp_path / "out")["failed"]
    assert sorted(failed) == ["case", "code", "file", "fix", "why"] and failed["case"] == "b"
    assert len(rows_of(tmp_path / "out")) == 5


def test_when_every_case_fails_the_end_is_4(kseg_command, pair_of_folders, tmp_path):
    truth, predicted = pair_of_folders
    for path in predicted.iterdir():
        path.write_bytes(b"")
    ended = kseg_command("evaluate", truth, predicted, "--out", tmp_path / "out")
    assert ended.code == 4 and "no case could be judged" in ended.err
    assert len(summary_of(tmp_path / "out")["failed"]) == 6 and not rows_of(tmp_path / "out")


def test_missing_masks_are_told_loudly_unless_they_are_meant(
    kseg_command, pair_of_folders, tmp_path
):
    truth, predicted = pair_of_folders
    for name in "abcde":
        (predicted / f"{name}.nii.gz").unlink()
    ended = kseg_command("evaluate", truth, predicted, "--out", tmp_path / "out")
    assert ended.code == 3
    assert "MISSING: 5 of 6 true masks have no predicted one: a, b, c, d, e" in ended.out
    assert summary_of(tmp_path / "out")["missing"] == list("abcde")
    partial = kseg_command("evaluate", truth, predicted, "--partial")
    assert partial.code == 0 and "note: 5 of 6" in partial.out and "MISSING" not in partial.out


def test_predictions_without_truth_are_noted_and_no_more(kseg_command, pair_of_folders, tmp_path):
    truth, predicted = pair_of_folders
    write(predicted / "z.nii.gz")
    ended = kseg_command("evaluate", truth, predicted, "--out", tmp_path / "out")
    assert ended.code == 0 and "1 predicted mask has no true one, unused: z.nii.gz" in ended.out
    assert summary_of(tmp_path / "out")["unused"] == ["z.nii.gz"]


def test_no_pair_at_all_ends_with_4(kseg_command, pair_of_folders, tmp_path):
    write(tmp_path / "other/z.nii.gz")
    ended = kseg_command("evaluate", pair_of_folders[0], tmp_path / "other")
    assert ended.code == 4 and "KS-V03" in ended.err


def test_resample_brings_masks_onto_the_grid_of_the_truth(kseg_command, tmp_path):
    write(tmp_path / "truth/a.nii.gz")
    write(tmp_path / "predicted/a.nii.gz", moved(BALL), origin_mm=(-1.0, 0, 0))
    words = ("evaluate", tmp_path / "truth", tmp_path / "predicted")
    refused = kseg_command(*words)
    assert refused.code == 4 and "--resample" in refused.out
    ended = kseg_command(*words, "--resample")
    assert ended.code == 0 and "1.000" in ended.out and "note: a: its predicted mask" in ended.out


def test_tolerances_reach_the_measure_and_the_summary(kseg_command, pair_of_folders, tmp_path):
    words = ("evaluate", *pair_of_folders, "--tolerance", "0.5")
    kseg_command(*words, "--out", tmp_path / "narrow")
    ended = kseg_command(*words, "--tolerance", "liver=1", "--out", tmp_path / "wide")
    narrow, wide = (summary_of(tmp_path / name) for name in ("narrow", "wide"))
    assert narrow["labels"]["liver"]["nsd"]["mean"] < 1 == wide["labels"]["liver"]["nsd"]["mean"]
    assert (narrow["tolerance_mm"], wide["tolerance_mm"]) == (0.5, 1.0)
    assert "0.5 mm (liver 1 mm)" in ended.out
    assert kseg_command(*words, "--tolerance", "livr=1").code == 2


def test_a_tolerance_for_a_value_that_never_occurs_is_told(kseg_command, tmp_path):
    ended = kseg_command("evaluate", *two_folders(tmp_path), "--tolerance", "8=1")
    assert ended.code == 0 and "--tolerance 8: no mask holds this label" in ended.out


def test_another_prediction_is_compared_case_by_case(kseg_command, pair_of_folders, tmp_path):
    truth, predicted = pair_of_folders
    other, out = tmp_path / "far", tmp_path / "out"
    for name in "abcdef":
        write(other / f"{name}.nii.gz", moved(BALL, 3))
    ended = kseg_command("evaluate", truth, predicted, "--against", other, "--out", out)
    assert ended.code == 0 and "predicted is better than far" in ended.out
    assert json.loads((out / "comparison.json").read_text())["second"] == "far"
    assert (out / "comparison.csv").is_file()
    assert summary_of(out)["against"]["name"] == "far"
    # Without OTHER, the files of that comparison belong to nothing any more.
    kseg_command("evaluate", truth, predicted, "--out", out)
    assert not list(out.glob("comparison.*"))


def test_two_predictions_of_one_name_are_told_apart(kseg_command, pair_of_folders, tmp_path):
    truth, predicted = pair_of_folders
    for name in "abcdef":
        write(tmp_path / f"x/predicted/{name}.nii.gz", moved(BALL, 3))
    ended = kseg_command("evaluate", truth, predicted, "--against", tmp_path / "x/predicted")
    assert "PREDICTED is better than OTHER" in ended.out


def test_a_comparison_with_nothing_left_to_compare_ends_with_3(
    kseg_command, pair_of_folders, tmp_path
):
    write(tmp_path / "far/a.nii.gz", block((7, 1, 1, 1)))
    ended = kseg_command("evaluate", *pair_of_folders, "--against", tmp_path / "far", "--partial")
    assert ended.code == 3 and "far: a FAILED" in ended.out and "liver" in ended.out
    assert "not compared: no case of far could be judged" in ended.err
    # The other way round there is nothing to show.
    back = kseg_command(
        "evaluate", pair_of_folders[0], tmp_path / "far", "--against", pair_of_folders[1]
    )
    assert back.code == 4 and "no case could be judged" in back.err


def test_a_data_folder_is_a_truth_with_its_subjects_and_the_phantom_mark(kseg_command, tmp_path):
    msd_folder(tmp_path / "data", synthetic=True)
    ended = kseg_command(
        "evaluate", tmp_path / "data", tmp_path / "data/labelsTr", "--out", tmp_path / "out"
    )
    assert ended.code == 0 and "note: phantom" in ended.out and "very file" in ended.out
    assert summary_of(tmp_path / "out")["data"] == "phantom"


def test_labels_are_named_by_a_file(kseg_command, tmp_path):
    file = declare(tmp_path / "mine.json", {"whole": [1, 2]})
    ended = kseg_command("evaluate", *two_folders(tmp_path), "--labels", file)
    assert ended.out.splitlines()[1].startswith("whole")


@pytest.mark.parametrize("name", ["truth", "table", "msd"])
def test_results_never_stand_among_the_data(kseg_command, pair_of_folders, tmp_path, name):
    truth, predicted = pair_of_folders
    (tmp_path / "table").mkdir()
    (tmp_path / "table/cases.csv").write_text("id,image,label\n")
    (tmp_path / "msd/imagesTr").mkdir(parents=True)
    ended = kseg_command("evaluate", truth, predicted, "--out", tmp_path / name)
    assert ended.code == 2 and "KS-V06" in ended.err
    assert not (tmp_path / name / "summary.json").exists()


@pytest.mark.parametrize("words", [("--report",), ("--images", ".")])
def test_options_that_need_another_are_refused_alone(kseg_command, pair_of_folders, words):
    assert kseg_command("evaluate", *pair_of_folders, *words).code == 2


def test_neither_tensorflow_nor_keras_is_loaded(pair_of_folders):
    program = (
        "import sys; from kseg.cli.main import app; "
        "app(['evaluate', *sys.argv[1:]], standalone_mode=False); "
        "print('loaded', sorted({'tensorflow', 'keras', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, pair_of_folders)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "liver" in done.stdout and "loaded []" in done.stdout


@pytest.mark.parametrize("width", [60, 80, 100])
def test_on_a_terminal_of_any_width_all_is_shown_as_it_is(monkeypatch, capsys, width):
    from rich.console import Console

    from kseg.cli import _evaluation
    from kseg.evaluate.score import LabelScore
    from kseg.evaluate.summary import summarise
    from kseg.evaluate.text import HEADINGS, table_cells

    console = Console(force_terminal=True, width=width, no_color=True, legacy_windows=False)
    monkeypatch.setattr(_evaluation, "Console", lambda: console)
    values = {"nsd": 0.25, "hd95_mm": 1234.5, "assd_mm": 123.4, "volume_error_percent": 1e4}
    name = "[/red] liver with a very long name indeed"
    scores = [LabelScore(f"c{n}", f"p{n}", name, dice=0.5, **values) for n in range(6)]
    summary = summarise(scores)
    _evaluation._tell_table(summary)
    out = capsys.readouterr().out
    assert "[/red] liver" in out and "…" not in out
    assert all(cell in out for cell in (*HEADINGS, *table_cells(summary)[0][1:]))
