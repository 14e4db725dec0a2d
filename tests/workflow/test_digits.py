import csv
import json
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from kseg.bundle import load_network, read_model
from kseg.errors import KsegError, RecipeError, RunFolderError
from kseg.fit import BudgetPlan, RunStoppedError
from kseg.recipe import load_recipe
from kseg.workflow import train
from tests.workflow.digits_of import RECIPE, load_tiny, train_tiny_digits, write_digits

REAL = os.environ.get("KSEG_TEST_DATA")
FILES = {
    "data.json",
    "environment.json",
    "history.csv",
    "log.jsonl",
    "model/model.json",
    "model/weights.safetensors",
    "recipe.lock.yaml",
    "recipe.origins.json",
    "recipe.yaml",
    "validation/digits.csv",
    "validation/summary.json",
}
SAME = sorted(name for name in FILES if name.startswith(("model/", "validation/")))


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def digits_run(tmp_path_factory):
    """A finished training on synthetic digits: its root, what came of it and what was told."""
    root = tmp_path_factory.mktemp("digits")
    return root, *train_tiny_digits(root)


def test_the_run_folder_holds_the_usual_files_and_no_mask(digits_run):
    _, result, _ = digits_run
    found = {p.relative_to(result.folder).as_posix() for p in result.folder.rglob("*.*")}
    assert {name for name in found if not name.startswith("checkpoints/")} == FILES
    assert (result.folder / "checkpoints").is_dir()


def test_the_last_line_is_the_accuracy_and_the_one_before_names_the_folder(digits_run):
    _, result, told = digits_run
    share = result.summary.accuracy
    assert re.fullmatch(r"accuracy 0\.\d{4}", told[-1])
    assert told[-1] == f"accuracy {share.mean:.4f}"
    assert told[-2].startswith(f"synthetic: accuracy {share.mean:.4f}")
    assert "110 test digits" in told[-2] and told[-2].endswith(f"-> {result.folder}")
    assert "300 digits train, 110 validate" in " ".join(told)
    assert not result.phantom


def test_the_network_learns_and_every_epoch_is_judged_the_last_too(digits_run):
    _, result, told = digits_run
    rows = rows_of(result.folder / "history.csv")
    assert [row["step"] for row in rows] == ["4", "8", "12"]
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    final = result.summary.accuracy.mean
    assert float(rows[-1]["val_accuracy"]) == pytest.approx(final) and final > 0.3
    assert f"val_accuracy {float(rows[0]['val_accuracy']):.4f}" in " ".join(told)


def test_what_is_judged_is_the_model_folder(digits_run):
    root, result, _ = digits_run
    with np.load(root / "synthetic.npz") as file:
        images, labels = file["x_test"], file["y_test"]
    network = load_network(read_model(result.folder))
    logits = network.predict(images[..., None].astype(np.float32) / 255, verbose=0)
    named = np.argmax(logits[:, 0, 0], axis=-1)
    rows = rows_of(result.folder / "validation/digits.csv")
    assert [int(row["predicted"]) for row in rows] == named.tolist()
    stored = json.loads((result.folder / "validation/summary.json").read_text())
    assert stored["accuracy"]["mean"] == pytest.approx(np.mean(named == labels))


class PowerCutError(Exception):
    pass


@pytest.mark.parametrize("last_step", [1, 6], ids=["before a checkpoint", "within an epoch"])
def test_interrupted_equals_uninterrupted(digits_run, last_step):
    root, whole, _ = digits_run
    folder = root / f"cut_after_{last_step}"

    def cut(done, total, what):
        if done == last_step:
            raise PowerCutError

    loaded = load_tiny(root)
    with pytest.raises(PowerCutError):
        train(loaded, folder, root / "work", lambda line: None, cut)
    assert not (folder / "model").exists()
    told = []
    train(loaded, folder, root / "work", told.append)
    assert any(f"12 steps of which {4 if last_step > 4 else 0} are done" in line for line in told)
    for name in SAME:
        assert (folder / name).read_bytes() == (whole.folder / name).read_bytes(), name
    histories = [rows_of(run / "history.csv") for run in (folder, whole.folder)]
    for row in sum(histories, []):
        del row["seconds"]
    assert histories[0] == histories[1]


def test_G07_a_stop_within_an_epoch_changes_no_bit(digits_run):
    root, whole, _ = digits_run
    folder = root / "stopped"

    def stop(done, total, what):
        if done == 6:
            (folder / "stop").touch()

    loaded = load_tiny(root)
    with pytest.raises(RunStoppedError, match="the file stop"):
        train(loaded, folder, root / "work", lambda line: None, stop)
    told = []
    train(loaded, folder, root / "work", told.append)
    assert "training 12 steps of which 6 are done" in told
    for name in SAME:
        assert (folder / name).read_bytes() == (whole.folder / name).read_bytes(), name
    histories = [rows_of(run / "history.csv") for run in (folder, whole.folder)]
    for row in sum(histories, []):
        del row["seconds"]
    assert histories[0] == histories[1]


def test_the_lock_trains_to_the_same_bytes_again(digits_run):
    root, whole, _ = digits_run
    lock = load_recipe(whole.folder / "recipe.lock.yaml")
    train(lock, root / "again", root / "work", lambda line: None)
    for name in (*SAME, "recipe.lock.yaml"):
        assert (root / "again" / name).read_bytes() == (whole.folder / name).read_bytes(), name


def test_other_digits_of_the_same_name_are_not_trained_on_further(digits_run, tmp_path):
    root, whole, _ = digits_run
    loaded = load_tiny(tmp_path)
    write_digits(tmp_path / "synthetic.npz", train=310)
    with pytest.raises(RunFolderError, match="case synthetic: its files changed"):
        train(loaded, whole.folder, root / "work", lambda line: None)


def test_patience_stops_by_the_accuracy_and_keeps_the_best(tmp_path):
    words = ["optimizer.learning_rate=1e-9", "fit.patience_epochs=1", "fit.steps_per_epoch=2"]
    result, told = train_tiny_digits(tmp_path, words)
    assert result.state.stopped_early and result.state.best_epoch == 1
    assert any("stopping early" in line for line in told)


def test_a_budget_is_worth_some_steps(tmp_path, monkeypatch):
    loop = sys.modules["kseg.fit.length"]
    monkeypatch.setattr(loop, "REHEARSAL_SECONDS", 0.01)
    monkeypatch.setattr(loop, "plan_budget", lambda *facts, **more: BudgetPlan(2, 1))
    result, told = train_tiny_digits(tmp_path, ["fit.budget=10m", "fit.steps_per_epoch=2"])
    assert any("the budget is worth 2 steps" in line for line in told)
    assert result.state.step == 2 and 0 < result.state.validation_seconds < 600


def test_class_weights_may_be_measured(tmp_path):
    words = ["loss.cross_entropy.class_weights=dataset", "fit.steps=1"]
    _, told = train_tiny_digits(tmp_path, words)
    (line,) = [line for line in told if line.startswith("class weights")]
    assert line == "class weights: " + ", ".join(["0.9"] * 10)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("{name: fcn, filters: [4]}", r"Received: \(1, 8, 8, 10\)"),
        ("{depth: 2, filters: 4, deep_supervision: 0}", "Received: an error"),
    ],
    ids=["a map", "a network for volumes"],
)
def test_a_network_that_does_not_fit_a_digit_is_refused(tmp_path, model, why):
    text = re.sub("model: .*", f"model: {model}", RECIPE)
    with pytest.raises(RecipeError, match=why) as refused:
        train_tiny_digits(tmp_path, text=text)
    assert "fcn" in refused.value.fix and not (tmp_path / "run/model").exists()


def test_a_loss_of_others_is_tried_on_a_digit_before_the_first_step(tmp_path):
    plugins = "loss.plugins={a: {name: '%s'}}"
    train_tiny_digits(tmp_path, ["fit.steps=1", plugins % "SoftDice"])
    with pytest.raises(RecipeError, match="Scalar` of tests .* it fails on labels and logits"):
        train_tiny_digits(tmp_path / "b", [plugins % "tests.workflow.others:Scalar"])


def test_a_report_that_fails_comes_before_the_last_lines(tmp_path):
    def fail(folder):
        raise KsegError(why="it rains", code="KS-V99")

    _, told = train_tiny_digits(tmp_path, ["fit.steps=1"], write_report=fail)
    assert "it rains" in told[-3] and told[-1].startswith("accuracy ")


@pytest.mark.skipif(REAL is None, reason="KSEG_TEST_DATA is not set")
def test_a_few_steps_on_the_real_digits_beat_guessing(tmp_path):
    loaded = load_recipe(
        "mnist",
        ["fit.steps=30", "fit.steps_per_epoch=30", "model.filters=[8, 8]", "model.dropout=0"]
        + ["model.dense_filters=64", "optimizer.learning_rate=3e-3"],
        {"data.root": str(Path(REAL) / "mnist/mnist.npz")},
    )
    told = []
    result = train(loaded, tmp_path / "run", tmp_path / "work", told.append)
    assert result.summary.accuracy.cases == 10_000 and result.summary.accuracy.mean > 0.2
    assert len(rows_of(tmp_path / "run/validation/digits.csv")) == 10_000
