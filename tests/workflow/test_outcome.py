from types import SimpleNamespace

from kseg.fit import FitState
from kseg.recipe import load_recipe
from kseg.workflow.outcome import change, locked_recipe

PLAN = SimpleNamespace(spacing_mm=(3.0, 1.5, 1.5))


def locked(words=(), **state):
    loaded = load_recipe("liver", words)
    material = SimpleNamespace(plan=PLAN)
    return locked_recipe(loaded, loaded.recipe, material, FitState(**state))


def test_the_lock_holds_steps_in_place_of_the_budget():
    fit = locked(total_steps=321, validate_every_epochs=9).fit
    assert (fit.budget, fit.epochs, fit.steps, fit.validate_every_epochs) == (None, None, 321, 9)


def test_the_lock_holds_the_measured_spacing():
    assert locked(["preprocess.spacing_mm=median"]).preprocess.spacing_mm == (3.0, 1.5, 1.5)


def test_paths_in_the_lock_hold_wherever_it_lies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lock = locked(["data.source=auto", "data.root=scans", "fit.init=runs/a"])
    assert (lock.data.root, lock.fit.init) == (str(tmp_path / "scans"), str(tmp_path / "runs/a"))


def test_changing_a_key_leaves_the_recipe_that_was_given_alone():
    recipe = load_recipe("liver").recipe
    changed = change(recipe, "fit", seed=7)
    assert (changed.fit.seed, recipe.fit.seed) == (7, 1)
    assert changed.model == recipe.model
