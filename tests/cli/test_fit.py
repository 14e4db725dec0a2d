import json
import shutil

import pytest

from kseg.errors import KsegError
from kseg.fit import RunStoppedError
from kseg.storage import FolderLock
from tests.workflow.tiny import write_data, write_recipe


def words_of(run, folder):
    return ["fit", run.recipe, "--data", run.data, "--out", folder, "--work", run.work]


def test_a_run_is_resumed_by_the_same_command_and_ends_with_its_line(
    kseg_command, tiny_run, tmp_path
):
    folder = tmp_path / "run"
    shutil.copytree(tiny_run.folder, folder)
    ended = kseg_command(*words_of(tiny_run, folder))
    assert ended.code == 0
    assert "the training is finished: 8 of 8 steps are done" in ended.out
    expected = tiny_run.told[-1].rpartition(" -> ")[0]
    *_, page, result = ended.out.splitlines()
    assert result == f"{expected} -> {folder}"
    assert page == f"phantom: report -> {folder / 'report.html'}"
    assert "phantom" in (folder / "report.html").read_text()
    masks = sorted((folder / "validation/masks").iterdir())
    for mask in masks:
        theirs = tiny_run.folder / "validation/masks" / mask.name
        assert mask.read_bytes() == theirs.read_bytes()


def test_bad_data_ends_with_4_and_names_the_file(kseg_command, tmp_path):
    recipe, data = write_recipe(tmp_path), write_data(tmp_path / "data", cases=3)
    scan = data / "imagesTr/case2.nii.gz"
    scan.write_bytes(scan.read_bytes()[:-100])
    ended = kseg_command("fit", recipe, "--out", tmp_path / "run", "--work", tmp_path / "work")
    assert ended.code == 4
    assert "case2.nii.gz" in ended.err and "fix" in ended.err and "KS-A0" in ended.err
    assert ended.out.count("ended by an error") + ended.err.count("ended by an error") == 0
    *_, last = map(json.loads, (tmp_path / "run/log.jsonl").read_text().splitlines())
    assert last["message"] == "ended by an error" and last["code"].startswith("KS-A0")
    assert last["why"] in ended.err and last["file"] == "imagesTr/case2.nii.gz"


def test_a_report_that_fails_comes_after_a_run_that_is_whole(
    kseg_command, tiny_run, tmp_path, monkeypatch
):
    def fail(run, **options):
        raise KsegError(why="it rains", code="KS-V99")

    folder = shutil.copytree(tiny_run.folder, tmp_path / "run")
    monkeypatch.setattr("kseg.report.write_run_report", fail)
    ended = kseg_command(*words_of(tiny_run, folder))
    assert ended.code == 0 and "no report was written (it rains" in ended.out
    assert "mean Dice" in ended.out.splitlines()[-1]


def test_a_resume_that_is_refused_changes_nothing_but_the_log(kseg_command, tiny_run, tmp_path):
    folder = shutil.copytree(tiny_run.folder, tmp_path / "run")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    ended = kseg_command(*words_of(tiny_run, folder), "--set", "data.fold=1")
    assert ended.code == 2 and "KS-G10" in ended.err
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {path.name for path in after if after[path] != before.get(path)} <= {"log.jsonl"}


def test_G09_a_folder_in_use_ends_with_75(kseg_command, tiny_run, tmp_path):
    folder = tmp_path / "run"
    with FolderLock(folder):
        before = sorted(folder.iterdir())
        assert kseg_command(*words_of(tiny_run, folder)).code == 75
        assert sorted(folder.iterdir()) == before


def test_G09_a_folder_in_use_is_refused_before_tensorflow_is_loaded(
    kseg_command, tiny_run, tmp_path, monkeypatch
):
    def load():
        raise AssertionError("TensorFlow was loaded")

    monkeypatch.setattr("kseg.cli._quiet.import_tensorflow", load)
    with FolderLock(tmp_path / "run"):
        ended = kseg_command(*words_of(tiny_run, tmp_path / "run"))
    assert ended.code == 75 and "KS-G09" in ended.err


def test_a_budget_takes_the_place_of_the_recipes_length(kseg_command, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("kseg.workflow.train", lambda *facts, **more: seen.append((facts, more)))
    monkeypatch.chdir(tmp_path)
    assert kseg_command("fit", write_recipe(tmp_path), "--budget", "90s").code == 0
    (loaded, folder, work, *_), more = seen[0]
    assert more == {"accept_changes": False, "deterministic": False}
    assert loaded.recipe.fit.budget_seconds == 90 and loaded.recipe.fit.steps is None
    assert (str(folder), str(work)) == ("runs/tiny", ".kseg")


def test_changes_can_be_accepted_and_operations_be_made_deterministic(
    kseg_command, tmp_path, monkeypatch
):
    seen = []
    monkeypatch.setattr("kseg.workflow.train", lambda *facts, **more: seen.append(more))
    words = ["fit", write_recipe(tmp_path), "--accept-changes", "--deterministic"]
    assert kseg_command(*words, "--out", tmp_path / "run").code == 0
    assert seen == [{"accept_changes": True, "deterministic": True}]


def test_G07_a_run_that_was_stopped_ends_with_130_and_says_how_to_go_on(
    kseg_command, tmp_path, monkeypatch
):
    def stopped(*facts, **more):
        raise RunStoppedError(
            why="stopped by Ctrl-C", file=tmp_path, fix="the same command", code="KS-G07"
        )

    monkeypatch.setattr("kseg.workflow.train", stopped)
    ended = kseg_command("fit", write_recipe(tmp_path), "--out", tmp_path / "run")
    assert ended.code == 130 and ended.err.startswith("kseg: stopped by Ctrl-C  [KS-G07]")
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("budget", ["5", "0m", "ten"])
def test_a_budget_that_is_no_time_ends_with_2(kseg_command, tmp_path, budget):
    ended = kseg_command("fit", "liver", "--budget", budget, "--out", tmp_path / "run")
    assert ended.code == 2 and "--budget" in ended.err
    assert not (tmp_path / "run").exists()
