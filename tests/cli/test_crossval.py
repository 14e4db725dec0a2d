import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from kseg.engine import WorkerDiedError
from kseg.errors import VolumeError
from kseg.evaluate import EvaluateSettings, LabelScore, summarise
from kseg.fit import RunStoppedError
from kseg.storage import FolderLock
from kseg.workflow import CrossvalResult
from tests.workflow.crossvals import Tiny, fail_by
from tests.workflow.tiny import write_data, write_recipe

SHORT = ["--set", "data.folds=2", "--set", "fit.steps_per_epoch=1"]
SHORT += ["--set", "fit.validate_every_epochs=99"]


@pytest.fixture(autouse=True)
def gpus_stay_seen(monkeypatch):
    """Let these commands, which run in this process, hide no GPU from the tests after them."""
    monkeypatch.setattr("kseg.engine.hide_gpus", lambda: None)


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    return Tiny(tmp_path, monkeypatch)


def words_of(tiny, *more):
    words = ["crossval", tiny.recipe, "--data", tiny.data, "--out", tiny.out]
    return [*words, "--work", tiny.root / "work", *more]


def test_all_folds_are_trained_in_processes_of_their_own_and_pooled(kseg_command, tmp_path):
    """The whole path: two processes at a time, each fold a run, the tables, the page, again."""
    recipe, data = write_recipe(tmp_path), write_data(tmp_path / "data", synthetic=True, cases=4)
    out = tmp_path / "cv"
    words = ["crossval", recipe, "--data", data, "--out", out, "--work", tmp_path / "work"]
    ended = kseg_command(*words, *SHORT, "--set", "fit.steps=2", "--workers", "2")
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    assert lines[0] == "phantom: tiny (phantom): 4 cases in 2 folds of 2 each"
    assert f"phantom: report -> {out / 'report.html'}" in lines
    heading = next(n for n, line in enumerate(lines) if line.startswith("label "))
    assert [line.split()[0] for line in lines[heading + 1 : heading + 4]] == [
        "organ", "lesion", "mean",
    ]  # fmt: skip
    assert any(line.startswith("note: phantom: the scans are synthetic") for line in lines)
    assert lines[-1].startswith("phantom: tiny (phantom), 2 folds: mean Dice ")
    assert lines[-1].endswith(f"-> {out}") and "standard deviation over folds" in lines[-1]

    pooled = pd.read_csv(out / "validation/cases.csv")
    of_folds = [pd.read_csv(out / f"fold_{n}/validation/cases.csv") for n in range(2)]
    whole = pd.concat(of_folds).sort_values("case", kind="stable").reset_index(drop=True)
    pd.testing.assert_frame_equal(pooled, whole)
    assert (
        pooled.groupby("label").case.apply(sorted).tolist()
        == [["case0", "case1", "case2", "case3"]] * 2
    )
    for number in range(2):
        fold = out / f"fold_{number}"
        assert {path.name for path in (fold / "validation/masks").iterdir()} == {
            f"{case}.nii.gz" for case in of_folds[number].case
        }
        assert (fold / "report.html").is_file() and (fold / "model/model.json").is_file()
        assert "validated 2/2" in (out / f"fold_{number}.log").read_text()
        assert not (fold / "stop").exists()
    page = kseg_command("report", out, "--work", tmp_path / "work")
    assert page.code == 0 and page.out == f"report -> {out / 'report.html'}\n"
    assert "Folds</h2>" in (out / "report.html").read_text()

    before = {n: (out / f"fold_{n}/model/weights.safetensors").read_bytes() for n in range(2)}
    changed = kseg_command(*words, *SHORT, "--set", "fit.steps=2", "--set", "model.dropout=0.1")
    assert changed.code == 2 and changed.err.count("model.dropout: 0.0 -> 0.1") == 1
    for number, weights in before.items():
        assert (out / f"fold_{number}/model/weights.safetensors").read_bytes() == weights


def test_G07_a_schedulers_signal_lets_the_folds_save_and_ends_with_130(tmp_path):
    recipe, data = write_recipe(tmp_path), write_data(tmp_path / "data", synthetic=True, cases=4)
    out = tmp_path / "cv"
    command = [sys.executable, "-m", "kseg", "crossval", recipe, "--data", data, "--out", out]
    command += ["--work", tmp_path / "work", *SHORT, "--set", "fit.steps=100000"]
    with (tmp_path / "told.txt").open("w") as told:
        started = subprocess.Popen(list(map(str, command)), stdout=told, stderr=told)
    try:
        for _ in range(1200):
            if (out / "fold_0/checkpoints").is_dir() or started.poll() is not None:
                break
            time.sleep(0.1)
        started.send_signal(signal.SIGTERM)
        assert started.wait(120) == 130, (tmp_path / "told.txt").read_text()
    finally:
        started.kill()
    text = (tmp_path / "told.txt").read_text()
    assert "fold 0 stopped, its training is saved" in text and "KS-G07" in text
    assert "fold 1 begins" not in text and "Traceback" not in text
    record = json.loads((out / "crossval.json").read_text())
    assert [fold["status"] for fold in record["folds"]] == ["stopped", "waiting"]
    left = {path.name for path in out.rglob("*")}
    assert not left & {"stop", "kseg.lock"} and "cases.csv" not in left
    record = max((out / "fold_0/checkpoints").glob("generation-*")) / "record.json"
    assert json.loads(record.read_text())["state"]["step"] > 0


def test_a_fold_that_fails_ends_with_3_and_without_a_table(kseg_command, tiny):
    tiny.trainings.acts[1] = fail_by(WorkerDiedError(-9))
    ended = kseg_command(*words_of(tiny))
    assert ended.code == 3 and "label " not in ended.out
    assert "fold 1 FAILED" in ended.out and "INCOMPLETE" in ended.out.splitlines()[-1]
    assert "mean Dice" not in ended.out.splitlines()[-1]
    assert "This cross-validation is incomplete" in (tiny.out / "report.html").read_text()


def test_what_every_fold_failed_of_ends_with_its_own_code(kseg_command, tiny):
    error = VolumeError(why="case2 is damaged", file="case2.nii.gz", code="KS-A05")
    tiny.trainings.acts |= dict.fromkeys(range(3), fail_by(error))
    ended = kseg_command(*words_of(tiny))
    assert ended.code == 4 and ended.err.startswith("kseg: case2 is damaged  [KS-A05]")


def test_G07_a_cross_validation_that_was_stopped_ends_with_130(kseg_command, tiny):
    def stopped(folder):
        (tiny.out / "stop").touch()
        raise RunStoppedError(why="stopped by the file stop", code="KS-G07")

    tiny.trainings.acts[0] = stopped
    ended = kseg_command(*words_of(tiny))
    assert ended.code == 130 and "the same command goes on" in ended.err


def test_the_options_are_handed_on(kseg_command, tmp_path, monkeypatch):
    seen = []

    def cross_validate(loaded, folder, options, tell, progress, **more):
        seen.append((loaded, folder, options, more))
        summary = summarise([LabelScore("a", "a", "organ", 0.5)])
        return CrossvalResult(folder, summary, EvaluateSettings(), ("the end",))

    monkeypatch.setattr("kseg.workflow.cross_validate", cross_validate)
    monkeypatch.chdir(tmp_path)
    words = ["crossval", write_recipe(tmp_path), "--budget", "90s", "--accept-changes"]
    words += ["--deterministic", "--engine", "ray", "--workers", "3", "--address", "here:6379"]
    ended = kseg_command(*words)
    assert ended.code == 0 and ended.out.splitlines()[-1] == "the end"
    loaded, folder, options, more = seen[0]
    assert loaded.recipe.fit.budget_seconds == 90 and loaded.recipe.fit.steps is None
    assert str(folder) == "runs/tiny-crossval" and str(options.work) == ".kseg"
    assert options.accept_changes and options.deterministic
    assert more == {"engine": "ray", "workers": 3, "address": "here:6379"}


@pytest.mark.parametrize(
    "more",
    [["--address", "here:6379"], ["--workers", "0"], ["--engine", "slurm"], ["--budget", "ten"]],
)
def test_options_that_make_no_sense_end_with_2(kseg_command, tmp_path, more):
    ended = kseg_command("crossval", "liver", "--out", tmp_path / "cv", *more)
    assert ended.code == 2 and more[0] in ended.err
    assert not (tmp_path / "cv").exists()


def test_digits_are_refused(kseg_command, tmp_path):
    ended = kseg_command("crossval", "mnist", "--out", tmp_path / "cv")
    assert ended.code == 2 and "kseg fit" in ended.err


def test_G09_a_folder_in_use_ends_with_75_before_tensorflow_starts(kseg_command, tiny, monkeypatch):
    monkeypatch.setattr("kseg.cli._quiet.import_tensorflow", None)
    with FolderLock(tiny.out):
        assert kseg_command(*words_of(tiny)).code == 75


def test_the_gpus_are_left_to_the_folds(kseg_command, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("kseg.engine.hide_gpus", lambda: seen.append("hidden"))
    monkeypatch.setattr("kseg.cli._quiet.import_tensorflow", lambda: seen.append("imported"))
    kseg_command("crossval", "mnist", "--out", tmp_path / "cv")
    assert seen == ["hidden", "imported"] and os.environ.get("CUDA_VISIBLE_DEVICES") != "-1"
