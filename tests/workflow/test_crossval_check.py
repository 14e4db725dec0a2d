import json

import pytest

from kseg.errors import RunFolderError
from kseg.fit import Checkpoint, FitState, write_checkpoint
from kseg.workflow.crossval_check import open_whole, refuse_changed
from kseg.workflow.identity import recipe_identity
from kseg.workflow.log import RunLog
from tests.workflow.crossvals import planned
from tests.workflow.tiny import RECIPE, write_data, write_recipe


def begin(fold, crossval, **changes):
    """Let a fold have trained for some steps, with the digests of files that nobody knows here."""
    dataset = crossval.dataset
    recipe = recipe_identity(fold.loaded.recipe)
    recipe["recipe"] = recipe["recipe"] | {"fit.precision": "bfloat16"} | changes
    reading = {"affine_from": "auto", "assume_orientation": None, "nonfinite": "refuse"}
    identity = recipe | {
        "labels": list(dataset.label_names),
        "channels": list(dataset.channels),
        "regions": None,
        "reading": reading | {"joined": [], "ignore": None},
        "train": {case.id: f"digest of {case.id}" for case in fold.split.train},
        "validation": {case.id: f"digest of {case.id}" for case in fold.split.validation},
    }
    trained_on = {case: [digest] for case, digest in identity["train"].items()}
    state = FitState(step=7, trained_on=trained_on)
    write_checkpoint(fold.folder / "checkpoints", Checkpoint(state, identity, {}))


def refuse(crossval, accept=False):
    """Look at the folds as a cross-validation does; return what is told."""
    told = []
    opened = open_whole(crossval.loaded, crossval.folder.parent / "work")
    log = RunLog(None, told.append)
    folds, dataset = crossval.folds, crossval.dataset
    refuse_changed(folds, dataset, opened.options, crossval.folder, log, accept=accept)
    return told


@pytest.fixture
def crossval(tmp_path):
    write_recipe(tmp_path, RECIPE.replace("float32", "auto"))
    return planned(tmp_path, "fit.precision=auto")


def test_folds_that_are_as_they_were_go_on_whatever_auto_would_be_today(crossval):
    assert refuse(crossval) == []
    for fold in crossval.folds[:2]:
        begin(fold, crossval)
    assert refuse(crossval) == []


def test_G10_a_changed_recipe_is_told_once_though_all_folds_began_with_it(crossval):
    for fold in crossval.folds:
        begin(fold, crossval, **{"optimizer.clip_norm": 3.0})
    with pytest.raises(RunFolderError) as refused:
        refuse(crossval)
    assert refused.value.code == "KS-G10"
    assert refused.value.why.count("optimizer.clip_norm: 3.0 -> 12.0") == 1
    assert "fold 0" not in refused.value.why and "--accept-changes" in refused.value.fix
    assert refuse(crossval, accept=True) == [
        "folds 0, 1 and 2 began otherwise, which was accepted: optimizer.clip_norm: 3.0 -> 12.0"
    ]


def test_G10_a_change_in_some_of_the_begun_folds_names_them(crossval):
    begin(crossval.folds[0], crossval)
    begin(crossval.folds[2], crossval, **{"optimizer.clip_norm": 3.0})
    with pytest.raises(RunFolderError, match="fold 2: optimizer.clip_norm: 3.0 -> 12.0"):
        refuse(crossval)


def test_G10_other_cases_are_found_before_the_folds_that_wait_begin_with_them(crossval, tmp_path):
    begin(crossval.folds[0], crossval)
    write_data(tmp_path / "data", synthetic=True, cases=8)
    more = planned(tmp_path, "fit.precision=auto")
    with pytest.raises(RunFolderError) as refused:
        refuse(more)
    assert "case case6: not there -> it" in refused.value.why
    assert "its files changed" not in refused.value.why


def test_G10_a_case_that_has_been_trained_on_cannot_validate_though_accepted(crossval, tmp_path):
    begin(crossval.folds[0], crossval)
    other = planned(tmp_path, "fit.precision=auto", "data.seed=7")
    assert set(other.folds[0].cases) != set(crossval.folds[0].cases)
    with pytest.raises(RunFolderError, match="has been trained on") as refused:
        refuse(other, accept=True)
    assert "data.seed: 12345 -> 7" in refused.value.why


def test_other_labels_are_refused_though_accepted(crossval, tmp_path):
    begin(crossval.folds[0], crossval)
    manifest = tmp_path / "data/dataset.json"
    names = {"labels": {"0": "background", "1": "organ", "2": "tumour"}}
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | names))
    with pytest.raises(RunFolderError, match="has learnt the labels"):
        refuse(planned(tmp_path, "fit.precision=auto"), accept=True)
