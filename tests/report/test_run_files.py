import json
import math
import shutil

import pytest

from kseg.errors import RunFolderError
from kseg.report.run_files import read_run


@pytest.fixture
def run(tiny_run, tmp_path):
    """A copy of a finished run that a test may damage."""
    return shutil.copytree(tiny_run.folder, tmp_path / "run")


def test_a_finished_run_is_read_whole(tiny_run):
    files = read_run(tiny_run.folder)
    assert files.locked.recipe.name == "tiny" and files.phantom
    assert [row["epoch"] for row in files.history] == [1, 2]
    assert {score.label for score in files.scores} == {"organ", "lesion"}
    assert len(files.data.train) == 4 and files.environment["threads"] >= 1
    assert files.tolerance_mm == {"organ": 2.0, "lesion": 2.0}
    assert files.origins["model.depth"]["value"] == 2


def test_what_was_not_measured_in_an_epoch_is_nan(run):
    (run / "history.csv").write_text("epoch,loss,val_dice\n1,0.5,\n2,0.4,0.7\n")
    first, second = read_run(run).history
    assert math.isnan(first["val_dice"]) and second["val_dice"] == 0.7


def test_a_training_that_is_not_finished_is_read_as_far_as_it_is(run):
    for name in ("recipe.lock.yaml", "history.csv", "data.json", "recipe.origins.json"):
        (run / name).unlink()
    shutil.rmtree(run / "validation")
    files = read_run(run)
    assert files.locked is None and files.scores == ()
    assert files.data is None and files.origins == {}


def test_the_epochs_of_a_training_that_is_not_finished_are_those_of_its_log(run):
    before = read_run(run).history
    (run / "recipe.lock.yaml").unlink()
    (run / "history.csv").unlink()
    assert read_run(run).history == before
    (run / "log.jsonl").unlink()
    assert read_run(run).history == ()


def test_a_training_that_was_extended_shows_the_epochs_after_its_table_too(run):
    before = read_run(run)
    row = {"message": "epoch 3", "epoch": 3, "step": 12, "total_steps": 16, "loss": 0.5}
    (run / "log.jsonl").write_text(json.dumps(row) + "\n")
    files = read_run(run)
    assert files.history[:2] == before.history and files.history[2]["step"] == 12
    assert files.has_gone_on and not before.has_gone_on


def test_a_folder_without_a_recipe_is_no_run(tmp_path):
    with pytest.raises(RunFolderError, match="no run folder") as refused:
        read_run(tmp_path)
    assert refused.value.code == "KS-V10"


@pytest.mark.parametrize(
    "name, content",
    [
        ("data.json", "{"),
        ("data.json", '{"name": "half a record"}'),
        ("data.json", '{"train_volumes_ml": []}'),
        ("environment.json", "[]"),
        ("history.csv", "epoch,loss\n1,much\n"),
        ("history.csv", "epoch,loss\n1,2,3\n"),
    ],
)
def test_a_damaged_file_is_named(run, name, content):
    (run / name).write_text(content)
    with pytest.raises(RunFolderError, match="cannot be read") as refused:
        read_run(run)
    assert refused.value.file.endswith(name)


def test_notes_on_files_are_kept_once_and_a_cut_last_line_is_left_out(run):
    note = json.dumps({"message": "repair  a.nii: shifted", "code": "KS-B02"})
    plain = json.dumps({"message": "epoch 1"})
    (run / "log.jsonl").write_text(f"{note}\n{plain}\n{note}\n" + '{"message": "rep')
    assert read_run(run).notes == ("repair  a.nii: shifted",)


def test_changes_that_a_training_went_on_with_are_notes(run):
    entry = json.dumps({"message": "phantom: from step 2 on", "accepted": ["fit.seed: 1 -> 2"]})
    (run / "log.jsonl").write_text(entry + "\n")
    (note,) = read_run(run).notes
    assert note == "The training went on with changes that were accepted: fit.seed: 1 -> 2"


def test_the_tolerance_is_the_one_that_was_measured_with_not_the_recipes(run):
    summary = run / "validation/summary.json"
    content = json.loads(summary.read_text())
    summary.write_text(json.dumps(content | {"tolerance_mm": {"organ": 5.0}}))
    assert read_run(run).tolerance_mm == {"organ": 5.0}
