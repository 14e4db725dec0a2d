import csv
import json

import numpy as np
import pytest

from kseg.bundle import load_network, read_model
from kseg.dataset.sources.digits import DIGIT_NAMES, open_digits
from kseg.fit import FitState
from kseg.recipe import load_recipe
from kseg.workflow.digits_outcome import locked_digits_recipe, write_digits_record
from tests.workflow.digits_of import load_tiny, train_tiny_digits, write_digits


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("digits")
    result, _ = train_tiny_digits(root, ["fit.steps=2", "fit.steps_per_epoch=1"])
    return result


def test_the_record_says_which_digits_train_and_which_validate(tmp_path):
    digits = open_digits(write_digits(tmp_path / "synthetic.npz", train=30, test=20))
    write_digits_record(digits, tmp_path)
    record = json.loads((tmp_path / "data.json").read_text())
    assert (record["name"], record["layout"], record["phantom"]) == ("synthetic", "digits", False)
    assert len(record["train"]) == 30 and record["train"][7] == "train_00007"
    assert len(record["validation"]) == 20 and record["validation"][0] == "test_00000"
    assert record["labels"] == list("0123456789")


def test_the_model_folder_is_of_the_usual_form_and_names_no_place(run):
    folder = read_model(run.folder)
    description = folder.description
    assert description.network == "fcn" and description.label_names == DIGIT_NAMES
    assert description.channels == ("digit",) and description.patch_size_zyx == (1, 28, 28)
    scaling = description.preprocess.scalings[0]
    assert (scaling.kind, scaling.mean, scaling.std) == ("fixed", 0.0, 255.0)
    assert not description.phantom and description.trained_on == "synthetic_digits"
    assert "synthetic.npz" not in (run.folder / "model/model.json").read_text()
    network = load_network(folder)
    assert network(np.zeros((2, 28, 28, 1), np.float32)).shape == (2, 1, 1, 10)


def test_the_lock_has_the_steps_done_and_the_file_that_was_read(run, tmp_path):
    lock = load_recipe(run.folder / "recipe.lock.yaml")
    assert lock.recipe.fit.steps == 2 and lock.recipe.fit.precision == "float32"
    assert lock.data_root.name == "synthetic.npz" and lock.data_root.is_absolute()
    assert lock.recipe.data.source == "digits"


def test_a_length_in_epochs_or_time_is_locked_as_steps(tmp_path):
    loaded = load_tiny(tmp_path, ["fit.epochs=3"])
    digits = open_digits(loaded.data_root)
    state = FitState(step=9, total_steps=9, validate_every_epochs=2)
    fit = locked_digits_recipe(loaded.recipe, digits, state, loaded).fit
    assert (fit.steps, fit.epochs, fit.budget, fit.validate_every_epochs) == (9, None, None, 2)


def test_the_history_has_the_accuracy_of_every_epoch(run):
    with (run.folder / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "2"]
    assert all(0 <= float(row["val_accuracy"]) <= 1 for row in rows)
    assert "val_dice" not in rows[0] and "patch_dice" not in rows[0]
