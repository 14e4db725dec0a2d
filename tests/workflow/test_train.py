import csv
import json
import re
import shutil
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file

from kseg.bundle import read_model
from kseg.dataset import ReadOptions
from kseg.errors import FolderInUseError, KsegError, RunFolderError
from kseg.evaluate import EvaluateSettings
from kseg.fit import FitState
from kseg.recipe import load_recipe
from kseg.storage import FolderLock
from kseg.workflow import train
from tests.workflow.tiny import LABELS, RECIPE, change_json, train_tiny, write_data, write_recipe

RUN_FILES = {
    "checkpoints/generation-000001/record.json",
    "checkpoints/generation-000001/state.safetensors",
    "checkpoints/generation-000002/record.json",
    "checkpoints/generation-000002/state.safetensors",
    "environment.json",
    "history.csv",
    "log.jsonl",
    "model/model.json",
    "model/weights.safetensors",
    "data.json",
    "recipe.lock.yaml",
    "recipe.origins.json",
    "recipe.yaml",
    "validation/cases.csv",
    "validation/summary.json",
}


def files_of(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def second_run(tiny_run, tmp_path_factory):
    """A run on all cases and other labels, started from the tiny run, on scans called real."""
    root = tmp_path_factory.mktemp("second")
    data = write_data(root / "data", labels=("background", "tumour", "cyst"))
    words = ["data.fold=all", f"fit.init={tiny_run.folder}", "preprocess.spacing_mm=median"]
    words += ["fit.epochs=1", "fit.steps_per_epoch=2", "fit.precision=auto"]
    return train_tiny(root, words, data=data)


def test_the_run_folder_holds_what_the_design_lists_and_nothing_else(tiny_run):
    found = files_of(tiny_run.folder)
    masks = {name for name in found if name.startswith("validation/masks/")}
    assert found - masks == RUN_FILES
    validated = {row["case"] for row in rows_of(tiny_run.folder / "validation/cases.csv")}
    assert len(validated) == 2
    assert masks == {f"validation/masks/{case}.nii.gz" for case in validated}


def test_the_recipe_is_kept_as_given_and_the_lock_has_every_derived_number(tiny_run):
    assert (tiny_run.folder / "recipe.yaml").read_bytes() == tiny_run.recipe.read_bytes()
    lock = load_recipe(tiny_run.folder / "recipe.lock.yaml")
    assert lock.data_root == tiny_run.data and lock.recipe.fit.steps == 8
    given = load_recipe(tiny_run.recipe, [], {"data.root": str(tiny_run.data)}).recipe
    assert lock.recipe == given


def test_what_was_derived_replaces_what_it_was_derived_from(second_run, tiny_run):
    lock = load_recipe(second_run.folder / "recipe.lock.yaml")
    description = read_model(second_run.folder).description
    length = lock.recipe.fit
    assert length.steps == 2 and length.epochs is None
    assert length.precision == description.precision != "auto"
    assert lock.recipe.preprocess.spacing_mm == description.preprocess.spacing_mm
    assert lock.init == tiny_run.folder


def test_the_lock_trains_to_the_same_bytes_again(tiny_run, tmp_path):
    lock = load_recipe(tiny_run.folder / "recipe.lock.yaml")
    train(lock, tmp_path / "again", tiny_run.work, lambda line: None)
    same = {name for name in RUN_FILES if name.startswith(("model/", "validation/"))}
    masks = {name for name in files_of(tiny_run.folder) if name.startswith("validation/masks/")}
    for name in same | masks | {"recipe.lock.yaml"}:
        assert (tmp_path / "again" / name).read_bytes() == (tiny_run.folder / name).read_bytes()


def test_the_history_has_a_row_for_each_epoch_with_its_learning_rate(tiny_run):
    first, last = rows_of(tiny_run.folder / "history.csv")
    assert [first["epoch"], first["step"], last["epoch"], last["step"]] == ["1", "4", "2", "8"]
    assert float(first["learning_rate"]) > float(last["learning_rate"]) >= 0
    assert float(first["loss"]) > float(last["loss"]) > 0
    assert 0 <= float(first["val_dice"]) <= 1 and last["val_dice"] == ""
    assert {"val_dice_organ", "val_dice_lesion"} <= set(first)


def test_validation_has_a_row_for_each_label_and_says_phantom(tiny_run):
    rows = rows_of(tiny_run.folder / "validation/cases.csv")
    assert [row["label"] for row in rows] == ["organ", "lesion"] * 2
    summary = json.loads((tiny_run.folder / "validation/summary.json").read_text())
    assert summary["data"] == "phantom" and summary["cases"] == 2
    expected = np.mean([float(row["dice"]) for row in rows if row["label"] == "organ"])
    assert summary["labels"]["organ"]["dice"]["mean"] == pytest.approx(expected)
    settings = EvaluateSettings(tolerance_mm=2.0)
    assert tiny_run.result.summary.to_dict(settings) == summary


def test_phantom_stands_wherever_a_result_stands(tiny_run, second_run):
    assert "(phantom)" in tiny_run.told[-1] and "mean Dice" in tiny_run.told[-1]
    assert "synthetic" in " ".join(tiny_run.told) and tiny_run.result.phantom
    assert json.loads((tiny_run.folder / "model/model.json").read_text())["phantom"] is True
    assert not any("phantom" in line for line in second_run.told)
    assert json.loads((second_run.folder / "model/model.json").read_text())["phantom"] is False


def test_the_model_folder_tells_what_it_was_trained_on_and_no_path(tiny_run):
    description = read_model(tiny_run.folder).description
    assert description.label_names == LABELS and description.channels == ("CT",)
    assert description.reading == ReadOptions() and description.precision == "float32"
    text = (tiny_run.folder / "model/model.json").read_text()
    assert "research use only" in text and str(tiny_run.data) not in text


def test_the_log_tells_a_program_what_a_person_was_told(tiny_run):
    entries = [json.loads(line) for line in (tiny_run.folder / "log.jsonl").open()]
    assert tuple(entry["message"] for entry in entries) == tiny_run.told
    assert any(entry.get("val_dice") is not None for entry in entries)


def test_training_on_all_cases_validates_none_and_says_so(second_run):
    assert second_run.result.summary is None
    assert not (second_run.folder / "validation").exists()
    assert "6 cases train, none validates (fold: all)" in " ".join(second_run.told)
    assert "nothing was validated" in second_run.told[-1]
    (row,) = rows_of(second_run.folder / "history.csv")
    assert row["val_dice"] == ""


def test_another_run_gives_its_body_but_no_head_where_the_labels_differ(second_run):
    (line,) = [line for line in second_run.told if "started from " in line]
    fresh = line.partition("; these start anew: ")[2].split(", ")
    assert sorted(fresh) == [f"head_{n}/{part}" for n in (0, 1) for part in ("bias", "kernel")]


def test_training_starts_from_the_weights_of_the_other_run(tiny_run, tmp_path, monkeypatch):
    untrained = FitState(step=1, total_steps=1)
    monkeypatch.setattr(sys.modules["kseg.workflow.train"], "fit", lambda job: untrained)
    words = [f"fit.init={tiny_run.folder}", "data.fold=all"]
    run = train_tiny(tmp_path, words, data=tiny_run.data)
    before, after = (
        load_file(folder / "model/weights.safetensors") for folder in (tiny_run.folder, run.folder)
    )
    (line,) = [line for line in run.told if "started from " in line]
    assert "anew" not in line
    for name, weight in before.items():
        np.testing.assert_array_equal(after[name], weight, err_msg=name)


def again(run, folder, recipe=None):
    """Run the same command again in a copy of the run's folder, or one with another recipe."""
    shutil.copytree(run.folder, folder)
    loaded = load_recipe(recipe or run.recipe, [], {"data.root": str(run.data)})
    return train(loaded, folder, run.work, lambda line: None)


def test_a_finished_run_ends_with_the_same_bytes_when_run_again(tiny_run, tmp_path):
    result = again(tiny_run, tmp_path / "again")
    assert result.state.step == 8 and len(result.state.history) == 2
    for name in files_of(tiny_run.folder) - {"log.jsonl"}:
        assert (tmp_path / "again" / name).read_bytes() == (tiny_run.folder / name).read_bytes()


def test_G10_a_folder_of_another_training_is_refused_and_left_as_it_is(tiny_run, tmp_path):
    other = write_recipe(tmp_path, RECIPE + "optimizer: {learning_rate: 1e-3}\n")
    with pytest.raises(RunFolderError, match="learning_rate: 0.002 -> 0.001") as refused:
        again(tiny_run, tmp_path / "again", other)
    assert refused.value.code == "KS-G10" and "--accept-changes" in refused.value.fix
    for name in files_of(tiny_run.folder) - {"log.jsonl"}:
        assert (tmp_path / "again" / name).read_bytes() == (tiny_run.folder / name).read_bytes()


def test_G09_a_folder_in_use_is_refused_with_its_own_exit_code(tiny_run, tmp_path):
    loaded = load_recipe(tiny_run.recipe)
    with FolderLock(tmp_path / "run"), pytest.raises(FolderInUseError) as refused:
        train(loaded, tmp_path / "run", tmp_path, lambda line: None)
    assert refused.value.exit_code == 75


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_one_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)


def other_shape(path):
    from tests.workflow.tiny import body, save

    save(path, body(0, (9, 9, 9))[1])


def undeclared_value(path):
    import nibabel as nib

    image = nib.load(path)
    voxels = np.asarray(image.dataobj).copy()
    voxels[0, 0, 0] = 7
    nib.save(nib.Nifti1Image(voxels, image.affine, image.header), path)


@pytest.mark.parametrize(
    ("rule", "damage", "folder", "reason"),
    [
        ("A01", cut_in_half, "imagesTr", "end after"),
        ("A0[123]", flip_one_byte, "imagesTr", "damaged|end after"),
        ("D05", other_shape, "labelsTr", "shape"),
        ("C05", undeclared_value, "labelsTr", "7"),
    ],
)
def test_training_refuses_a_bad_file_by_name_with_reason_and_fix(
    tmp_path, rule, damage, folder, reason
):
    data = write_data(tmp_path / "data", cases=3)
    damage(data / folder / "case1.nii.gz")
    with pytest.raises(KsegError) as refused:
        train_tiny(tmp_path, data=data)
    error = refused.value
    assert error.exit_code == 4 and error.fix
    assert re.search(f"KS-{rule}", str(error)) and re.search(reason, str(error))
    assert "case1.nii.gz" in str(error)
    assert not any(f"case{other}.nii.gz" in str(error) for other in (0, 2))
    assert not (tmp_path / "run/model").exists()


def test_a_recipe_of_a_refused_run_can_be_mended_and_run_again(tmp_path):
    data = write_data(tmp_path / "data", cases=3)
    change_json(data / "dataset.json", labels={"0": "background", "2": "organ"})
    with pytest.raises(KsegError, match="without a gap"):
        train_tiny(tmp_path, data=data)
    recipe = write_recipe(tmp_path, (tmp_path / "tiny.yaml").read_text() + "# mended\n")
    with pytest.raises(KsegError, match="without a gap"):
        train(load_recipe(recipe), tmp_path / "run", tmp_path / "work", lambda line: None)
    assert (tmp_path / "run/recipe.yaml").read_bytes() == recipe.read_bytes()
