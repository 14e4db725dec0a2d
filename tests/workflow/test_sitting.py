import json

import pytest

from kseg.errors import RunFolderError
from kseg.fit import Checkpoint, Clock, FitState, Stop, write_checkpoint
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
    assert what_has_begun(tmp_path) is None


def test_what_has_begun_is_told_by_the_record_alone(tmp_path):
    state = FitState(step=7, trained_on={"a": ["1"]})
    path = write_checkpoint(tmp_path / "checkpoints", Checkpoint(state, {"kseg": "1"}, {}))
    arrays = path / "state.safetensors"
    arrays.write_bytes(b"x" * arrays.stat().st_size)
    assert what_has_begun(tmp_path) == Begun(7, {"kseg": "1"}, {"a": ["1"]})


@pytest.mark.parametrize("name", ["model/model.json", "history.csv"])
def test_G10_results_whose_checkpoints_are_gone_are_not_trained_over(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("{}")
    (tmp_path / "checkpoints/damaged-000001").mkdir(parents=True)
    with pytest.raises(RunFolderError, match=f"as {name} tells, but its folder checkpoints") as no:
        what_has_begun(tmp_path)
    assert no.value.code == "KS-G10" and "put its folder checkpoints back" in no.value.fix


def identity_of(loaded, train, validation):
    names = ("background", "organ"), ("CT",)
    return recipe_identity(loaded.recipe) | data_identity(*names, train, validation)


def test_G10_a_case_that_was_removed_and_comes_back_does_not_validate(tmp_path, loaded):
    """Regression: only the cases of the sitting before were known."""
    first = identity_of(loaded, {"a": "1", "b": "2"}, {})
    log = RunLog(None, print)
    sitting = Sitting(tmp_path, Clock(), log, Stop(), Begun(3, first, {"a": ["1"]}), True)
    second = identity_of(loaded, {"b": "2"}, {})
    assert sitting.accept(second) == ("case a: it trained -> not there",)
    trained = sitting.trained_on({"b": ["2"]})
    assert trained == {"a": ["1"], "b": ["2"]}
    sitting = Sitting(tmp_path, Clock(), log, Stop(), Begun(6, second, trained), True)
    for validation in ({"a": "1"}, {"a": "9"}, {"copy": "1"}):
        with pytest.raises(RunFolderError, match="cannot be validated on them"):
            sitting.accept(identity_of(loaded, {"b": "2"}, validation))
    assert sitting.accept(identity_of(loaded, {"b": "2"}, {"c": "3"}))


def test_G10_a_scan_that_comes_back_with_another_mask_and_id_does_not_validate(tmp_path, loaded):
    begun = Begun(3, identity_of(loaded, {"a": "1"}, {}), {"a": ["1", "scan"]})
    sitting = Sitting(tmp_path, Clock(), RunLog(None, print), Stop(), begun, True)
    now = identity_of(loaded, {"b": "2"}, {"c": "3"})
    assert sitting.accept(now, {"c": "another"})
    with pytest.raises(RunFolderError, match="has been trained on c"):
        sitting.accept(now, {"c": "scan"})


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
