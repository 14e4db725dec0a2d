import pickle

import pytest

from kseg.errors import RecipeError, RunFolderError
from kseg.recipe import load_recipe
from kseg.workflow.crossval_job import FoldEnd, train_fold, try_recipe
from tests.workflow.crossvals import planned
from tests.workflow.others import PLACE
from tests.workflow.tiny import leave_lock_of_a_lost_job


@pytest.fixture(scope="module")
def crossval(tmp_path_factory):
    root = tmp_path_factory.mktemp("crossval")
    return planned(root, "fit.steps=2", "fit.steps_per_epoch=1", "data.folds=2")


def test_a_fold_is_trained_as_kseg_fit_does_and_goes_on_where_it_was(crossval, capsys):
    fold, pages = crossval.folds[1], []
    work = crossval.folder.parent / "work"

    def write_report(folder):
        pages.append(folder)
        return folder / "report.html"

    end = train_fold(fold.loaded, fold.folder, work, write_report, False, False)
    assert end.steps == 2 and end.seconds > 0 and end.accepted == ()
    assert "tiny (phantom), fold 1: mean Dice" in capsys.readouterr().out.splitlines()[-1]
    assert pages == [fold.folder]
    validated = {path.name for path in (fold.folder / "validation/masks").iterdir()}
    assert validated == {f"{case}.nii.gz" for case in fold.cases}
    lock = load_recipe(fold.folder / "recipe.lock.yaml").recipe
    assert (lock.data.fold, lock.data.folds) == (1, 2)

    leave_lock_of_a_lost_job(fold.folder)
    again = train_fold(fold.loaded, fold.folder, work, None, False, False)
    assert "2 of 2 steps are done" in capsys.readouterr().out
    assert again.steps == end.steps

    root = crossval.folder.parent
    words = ["fit.steps=3", "fit.steps_per_epoch=1", "data.folds=2", "optimizer.clip_norm=5"]
    changed = planned(root, *words).folds[1].loaded
    with pytest.raises(RunFolderError):
        train_fold(changed, fold.folder, work, None, False, False)
    assert "kseg: this run folder holds" in capsys.readouterr().err
    accepted = train_fold(changed, fold.folder, work, None, True, False)
    assert accepted.accepted == ("from step 2 on: optimizer.clip_norm: 12.0 -> 5.0",)


def test_a_fault_of_ours_leaves_its_trace_in_the_log(crossval, capsys, monkeypatch):
    def fail(*facts, **more):
        raise ZeroDivisionError

    monkeypatch.setattr("kseg.workflow.crossval_job.train", fail)
    fold = crossval.folds[0]
    with pytest.raises(ZeroDivisionError):
        train_fold(fold.loaded, fold.folder, fold.folder, None, False, False)
    assert "Traceback" in capsys.readouterr().err


def test_what_goes_to_the_process_of_a_fold_and_back_can_be_pickled(crossval):
    fold = crossval.folds[0]
    call = pickle.loads(pickle.dumps((train_fold, fold.loaded, fold.folder)))
    assert call[1].recipe == fold.loaded.recipe
    assert pickle.loads(pickle.dumps(FoldEnd(3, 1.0, ("a",)))) == FoldEnd(3, 1.0, ("a",))


def test_parts_of_other_packages_are_tried_on_noise(crossval, capsys):
    root = crossval.folder.parent
    word = f'loss.plugins={{odd: {{name: "{PLACE}:Untraceable"}}}}'
    with pytest.raises(RecipeError, match="Untraceable` of tests .* fails on labels and logits"):
        try_recipe(planned(root, word).loaded, root / "work")
    assert "plug-in tests" in capsys.readouterr().out
    try_recipe(crossval.loaded, root / "work")
