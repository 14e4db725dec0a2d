import json

import pytest

from kseg.engine import WorkerDiedError
from kseg.errors import KsegError, ManifestError
from kseg.recipe import load_recipe
from tests.tune.inline import InlineEngine
from tests.tune.searches import run


def test_the_data_are_prepared_once_by_the_recipe_that_all_trials_share(tmp_path):
    engine = InlineEngine()
    run(tmp_path, "tune.trials=3", "tune.trial={fit.steps: 90}", engine=engine)
    names = [function.__name__ for function, _ in engine.submitted]
    assert names == ["prepare", "run_trial", "run_trial", "run_trial"]
    base = load_recipe(tmp_path / "search" / "base.yaml").recipe
    assert engine.submitted[0][1][0] == tmp_path / "search" / "base.yaml"
    assert base.fit.steps == 90 and base.tune is None


def test_data_that_cannot_be_used_end_the_search_before_any_trial(tmp_path):
    refused = ManifestError(why="a mask is missing", code="KS-E05")
    engine = InlineEngine(faults=[refused])
    with pytest.raises(ManifestError, match="a mask is missing"):
        run(tmp_path, engine=engine)
    assert len(engine.submitted) == 1 and not (tmp_path / "search" / "trials").exists()


def test_a_preparation_that_dies_is_told_with_its_log(tmp_path):
    with pytest.raises(KsegError, match="SIGKILL") as refused:
        run(tmp_path, engine=InlineEngine(faults=[WorkerDiedError(-9)]))
    assert refused.value.file.endswith("prepare.log")


def test_the_recipe_is_kept_as_it_was_given(tmp_path):
    run(tmp_path, "tune.trials=1")
    given = (tmp_path / "stub.yaml").read_bytes()
    assert (tmp_path / "search" / "recipe.yaml").read_bytes() == given
    # The file alone does not tell what the command line has changed.
    origins = json.loads((tmp_path / "search" / "recipe.origins.json").read_text())
    assert origins["tune.trials"] == {"value": 1, "origin": "--set"}


def test_a_search_that_goes_on_says_what_it_found(tmp_path):
    run(tmp_path, "tune.trials=3")
    _, said = run(tmp_path, "tune.trials=4")
    assert "going on with 3 trials, of which 3 ended" in said
