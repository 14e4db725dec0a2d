"""A run whose machine was cut off, so that it was begun again on another one."""

import json

import pytest

from kseg.errors import FolderInUseError
from kseg.fit import read_standing
from kseg.recipe import load_recipe
from kseg.storage import write_json
from kseg.workflow import train
from tests.workflow.tiny import write_data, write_recipe


def test_a_run_whose_folder_has_changed_hands_saves_nothing_more(tmp_path):
    run = tmp_path / "run"
    lock = run / "kseg.lock"

    def change_hands(done, total, now):
        if done == 3 and now.startswith("training"):
            write_json(lock, json.loads(lock.read_text()) | {"host": "elsewhere"})

    data = write_data(tmp_path / "data", cases=3)
    words = ["fit.steps=6", "fit.steps_per_epoch=2"]
    loaded = load_recipe(write_recipe(tmp_path), words, {"data.root": str(data)})
    with pytest.raises(FolderInUseError, match="elsewhere"):
        train(loaded, run, tmp_path / "work", print, change_hands)
    assert read_standing(run / "checkpoints")[0].step == 2
    assert json.loads(lock.read_text())["host"] == "elsewhere"
    assert not (run / "model").exists()
