from kseg.recipe import load_recipe
from kseg.tune.trial_recipe import trial_recipe, with_values
from tests.tune.searches import a_recipe

WORDS = ("tune.trial={fit.steps: 9, optimizer.clip_norm: 3}",)


def test_a_trial_takes_what_all_take_and_its_own_values(tmp_path):
    recipe, problems = trial_recipe(a_recipe(tmp_path, *WORDS), {"model.depth": 3})
    assert problems == [] and recipe.tune is None
    assert (recipe.fit.steps, recipe.optimizer.clip_norm, recipe.model.depth) == (9, 3, 3)


def test_without_what_all_trials_take_the_recipe_has_its_own_length(tmp_path):
    recipe, _ = with_values(a_recipe(tmp_path, *WORDS), {"model.depth": 3})
    assert (recipe.fit.steps, recipe.optimizer.clip_norm, recipe.model.depth) == (900, 12, 3)


def test_its_paths_hold_from_whatever_folder(tmp_path):
    (tmp_path / "scans").mkdir()
    loaded = a_recipe(tmp_path)
    loaded = load_recipe(loaded.path, ["tune.trials=1"], {"data.root": str(tmp_path / "scans")})
    recipe, _ = trial_recipe(loaded, {})
    assert recipe.data.root == str(tmp_path / "scans")


def test_what_does_not_fit_together_is_told_with_its_key(tmp_path):
    recipe, problems = trial_recipe(a_recipe(tmp_path), {"model.depth": 99})
    assert recipe is None and problems == ["model.depth: must be an integer from 2 to 8"]
