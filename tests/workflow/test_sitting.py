import json

import pytest

from kseg.errors import RunFolderError
from kseg.fit import Clock, Stop
from kseg.recipe import load_recipe
from kseg.workflow.identity import data_identity, recipe_identity
from kseg.workflow.log import RunLog
from kseg.workflow.sitting import Begun, Sitting, what_has_begun
from tests.workflow.tiny import write_recipe

ENVIRONMENT = {"processor": "Abacus 2", "packages": {"numpy": "2.0", "kseg": "1"}, "threads": 2}


@pytest.fixture
def loaded(tmp_path):
    return load_recipe(write_recipe(tmp_path))


def a_sitting(folder, loaded=None, told=None, accept=False, **changes):
    """Return a sitting that goes on with a training by the recipe, or begins one."""
    begun = None
    if loaded is not None:
        identity = recipe_identity(loaded.recipe) | DATA
        begun = Begun(7, identity | {"recipe": identity["recipe"] | changes})
    log = RunLog(None, ([] if told is None else told).append)
    return Sitting(folder, Clock(), log, Stop(), begun, accept)


DATA = data_identity(("background", "organ"), ("CT",), {"a": "1"}, {})


def test_a_folder_without_a_checkpoint_has_begun_nothing(tmp_path):
    assert what_has_begun(tmp_path, RunLog(None, print)) is None


def test_the_number_format_that_auto_stood_for_stays_on_another_machine(
    tmp_path, loaded, monkeypatch
):
    monkeypatch.setattr("kseg.workflow.machine.cpu_has_bfloat16", lambda: True)
    told = []
    going_on = a_sitting(tmp_path, loaded, told, **{"fit.precision": "float32"})
    assert a_sitting(tmp_path).precision("auto") == "bfloat16"
    assert going_on.precision("auto") == "float32"
    assert told == [
        "the training began in float32 and stays so, though this machine takes bfloat16"
    ]
    # What the recipe asks for is another matter: it is refused as a change of the recipe.
    assert going_on.precision("bfloat16") == "bfloat16"


def test_G10_a_changed_recipe_is_refused_before_its_data_are_looked_at(tmp_path, loaded):
    changed = {"optimizer.learning_rate": 9.0}
    with pytest.raises(RunFolderError, match="optimizer.learning_rate: 9.0 -> 0.002"):
        a_sitting(tmp_path, loaded, **changed).check_recipe(loaded.recipe)
    a_sitting(tmp_path, loaded, accept=True, **changed).check_recipe(loaded.recipe)
    a_sitting(tmp_path, loaded).check_recipe(loaded.recipe)
    a_sitting(tmp_path).check_recipe(loaded.recipe)


def test_G10_recipe_and_data_are_accepted_together(tmp_path, loaded):
    now = recipe_identity(loaded.recipe) | DATA | {"train": {"a": "2"}}
    sitting = a_sitting(tmp_path, loaded, accept=True, **{"fit.seed": 5})
    assert sitting.accept(now) == ("fit.seed: 5 -> 1", "case a: its files changed")
    assert a_sitting(tmp_path).accept(now) == ()
    with pytest.raises(RunFolderError, match="case a: its files changed"):
        a_sitting(tmp_path, loaded).accept(now)


def environment_of(folder):
    return json.loads((folder / "environment.json").read_text())


def test_a_new_training_writes_down_its_recipe_and_its_machine(tmp_path, loaded):
    a_sitting(tmp_path / "run").record(loaded, ENVIRONMENT)
    assert environment_of(tmp_path / "run") == ENVIRONMENT
    assert (tmp_path / "run/recipe.yaml").read_bytes() == loaded.path.read_bytes()
    origins = json.loads((tmp_path / "run/recipe.origins.json").read_text())
    assert origins["fit.steps"]["value"] == 8


def test_another_machine_is_told_and_written_down_and_not_refused(tmp_path, loaded):
    told = []
    a_sitting(tmp_path).record(loaded, ENVIRONMENT)
    going_on = a_sitting(tmp_path, loaded, told)
    going_on.record(loaded, ENVIRONMENT)
    assert told == [] and environment_of(tmp_path) == ENVIRONMENT
    now = ENVIRONMENT | {"packages": {"numpy": "2.1", "kseg": "2"}, "threads": 4}
    going_on.record(loaded, now)
    changes = "numpy: 2.0 -> 2.1; threads: 2 -> 4"
    assert told == [f"the machine is not set up as before ({changes}): equal bits are not promised"]
    expected = now | {"changes": [f"from step 7 on {changes}"]}
    assert environment_of(tmp_path) == expected
    going_on.record(loaded, now)
    assert environment_of(tmp_path) == expected and len(told) == 1


def test_a_lost_environment_is_written_anew(tmp_path, loaded):
    (tmp_path / "environment.json").write_text("[")
    a_sitting(tmp_path, loaded).record(loaded, ENVIRONMENT)
    assert environment_of(tmp_path) == ENVIRONMENT
