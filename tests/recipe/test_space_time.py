import pytest

from kseg.errors import RecipeError
from kseg.recipe import load_recipe
from tests.recipe.helpers import write

HEAD = """
kseg: 1
name: a
fit: {budget: 9m}
tune:
  oracle: ORACLE
  budget: 1m
  trial: {fit.budget: TRIAL}
  space:
    model.depth: {int: [3, 5]}
    optimizer.learning_rate: {float: [1e-4, 1e-2], scale: log}
"""


def load(tmp_path, oracle, trial):
    return load_recipe(write(tmp_path, HEAD.replace("ORACLE", oracle).replace("TRIAL", trial)))


@pytest.mark.parametrize(
    ("oracle", "trial", "seconds"), [("random", "90s", 90), ("hyperband", "15m", 100)]
)
def test_a_search_in_which_no_trial_could_end_is_refused(tmp_path, oracle, trial, seconds):
    told = (
        f"tune.budget: must be longer than a trial, of which the shortest trains {seconds} seconds"
    )
    with pytest.raises(RecipeError, match=told):
        load(tmp_path, oracle, trial)


@pytest.mark.parametrize(("oracle", "trial"), [("random", "1m"), ("hyperband", "9m")])
def test_one_in_which_a_trial_can_end_is_taken(tmp_path, oracle, trial):
    assert load(tmp_path, oracle, trial).recipe.tune.budget == "1m"
