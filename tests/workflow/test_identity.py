import json

import pytest

from kseg.recipe import load_recipe
from kseg.workflow.identity import data_identity, recipe_identity


def of(*words):
    return recipe_identity(load_recipe("hippocampus", words).recipe)


@pytest.mark.parametrize(
    "word",
    [
        "name=other", "data.root=elsewhere", "evaluate.tolerance_mm=9", "fit.threads=1",
        "fit.steps=7", "fit.epochs=7", "fit.budget=8m", "patches.ram=1G",
    ],
)  # fmt: skip
def test_what_changes_no_weight_of_the_steps_that_are_done_is_left_out(word):
    assert of(word) == of()


@pytest.mark.parametrize(
    "word",
    ["fit.seed=2", "model.depth=3", "optimizer.learning_rate=1e-3", "fit.ema=0.9", "data.fold=1"],
)
def test_any_other_key_is_part_of_it(word):
    key, _, value = word.partition("=")
    assert of(word) != of() and of(word)["recipe"][key] == json.loads(value)


def test_it_comes_back_from_a_file_as_it_was():
    identity = of() | data_identity(("background", "a"), ("CT",), {"x": "1"}, {})
    assert json.loads(json.dumps(identity)) == identity
