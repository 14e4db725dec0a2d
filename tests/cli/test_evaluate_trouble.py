"""`kseg evaluate` where folders, names or masks are not what they should be."""

import json
import os

import pytest

from tests.cli.test_evaluate import rows_of, summary_of
from tests.evaluate.mask_folders import BALL, block, declare, moved, two_folders, write


def test_masks_without_any_label_are_judged_and_told(kseg_command, tmp_path):
    """Six pairs of empty masks gave no table, no word and exit code 0."""
    pair, out = two_folders(tmp_path, "abcdef", block()), tmp_path / "out"
    ended = kseg_command("evaluate", *pair, "--out", out, "--report")
    assert ended.code == 3
    assert "no mask holds any label, so there is nothing to score" in ended.err
    assert "no report was written" in ended.err and not (out / "report.html").exists()
    assert summary_of(out)["cases"] == 6 and rows_of(out) == []


def test_a_prediction_without_any_label_is_compared_all_the_same(kseg_command, tmp_path):
    truth, predicted = two_folders(tmp_path, "abcdef", block())
    for name in "abcdef":
        write(tmp_path / f"other/{name}.nii.gz", block((1, 1, 1, 1)))
    words = ("evaluate", truth, predicted, "--against", tmp_path / "other")
    ended = kseg_command(*words, "--out", tmp_path / "out")
    assert ended.code == 0 and "Dice: not compared, as no case has a value in both" in ended.out
    assert summary_of(tmp_path / "out")["cases"] == 6


def test_the_page_of_an_earlier_evaluation_does_not_stand_beside_new_tables(kseg_command, tmp_path):
    pair, out = two_folders(tmp_path), tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("an earlier page")
    assert kseg_command("evaluate", *pair, "--out", out).code == 0
    assert not (out / "report.html").exists()


@pytest.mark.parametrize("part", ["", "validation", "validation/masks"])
def test_a_run_keeps_its_own_report_and_tables(kseg_command, tmp_path, part):
    truth, predicted = two_folders(tmp_path)
    run = tmp_path / "run"
    (run / "validation").mkdir(parents=True)
    predicted.rename(run / "validation/masks")
    for name in ("recipe.yaml", "log.jsonl", "report.html", "validation/cases.csv"):
        (run / name).write_text("case\n")
    ended = kseg_command("evaluate", truth, run, "--out", run / part)
    assert ended.code == 2 and "KS-V06" in ended.err and "run" in ended.err
    assert (run / "report.html").read_text() == "case\n"
    assert (run / "validation/cases.csv").read_text() == "case\n"
    assert kseg_command("evaluate", truth, run, "--out", run / "judged").code == 0


def test_tables_may_stand_beside_the_masks_that_they_judge(kseg_command, tmp_path):
    truth, predicted = two_folders(tmp_path)
    for _ in range(2):
        assert kseg_command("evaluate", truth, predicted, "--out", predicted).code == 0


def test_no_table_or_page_tells_where_files_lie(kseg_command, tmp_path):
    truth, predicted = two_folders(tmp_path, "abcdef")
    write(predicted / "a.nii.gz", moved(BALL), origin_mm=(-30.0, 0.0, 0.0))
    write(predicted / "b.nii.gz", moved(BALL), origin_mm=(0.05, 0.0, 0.0))
    (predicted / "c.nii.gz").write_bytes(b"nothing")
    out = tmp_path / "out"
    ended = kseg_command("evaluate", truth, predicted, "--out", out)
    assert ended.code == 3 and f"  file  {predicted / 'a.nii.gz'}" in ended.out
    assert [entry["file"] for entry in summary_of(out)["failed"]] == ["a.nii.gz", "c.nii.gz"]
    assert summary_of(out)["notes"]
    for path in out.iterdir():
        assert str(tmp_path) not in path.read_text()


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_measured(
    kseg_command, tmp_path, monkeypatch, out
):
    from kseg.cli import _evaluation

    monkeypatch.setattr(_evaluation, "evaluate_pairs", None)
    (tmp_path / "file").touch()
    ended = kseg_command("evaluate", *two_folders(tmp_path), "--out", tmp_path / out)
    assert ended.code == 2 and "KS-V08" in ended.err and "  fix   " in ended.err


def test_a_disk_that_fills_up_while_measuring_is_told(kseg_command, tmp_path, monkeypatch):
    from kseg.evaluate import tables

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tables, "write_text", full)
    ended = kseg_command("evaluate", *two_folders(tmp_path), "--out", tmp_path / "out")
    assert ended.code == 2 and "KS-V08" in ended.err and "No space left on device" in ended.err


def test_a_folder_whose_name_is_no_text_does_no_harm(kseg_command, tmp_path):
    truth, predicted = two_folders(tmp_path, "abcdef")
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/m\xfcller")
    try:
        predicted.rename(odd)
    except OSError:
        pytest.skip("this file system keeps no such names")
    words = ("evaluate", truth, odd, "--against", truth, "--out", f"{odd}/out")
    ended = kseg_command(*words)
    assert ended.code == 0 and "tables -> " in ended.out
    first = json.loads((tmp_path / odd / "out/comparison.json").read_text())["first"]
    assert first.endswith("ller") and first.isascii()


def test_a_label_called_mean_is_told_from_the_mean(kseg_command, tmp_path):
    truth, predicted = two_folders(tmp_path)
    declare(truth / "labels.json", {"mean": 1})
    names = [
        line[:17].strip() for line in kseg_command("evaluate", truth, predicted).out.split("\n")
    ]
    assert names[1:3] == ["mean", "mean over labels"]
    declare(truth / "labels.json", {"mean over labels": 1})
    ended = kseg_command("evaluate", truth, predicted)
    assert ended.code == 4 and "KS-V09" in ended.err
