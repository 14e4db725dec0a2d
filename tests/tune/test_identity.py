import pytest

from kseg.tune.identity import FREE_KEYS, search_changes, search_identity
from tests.tune import stub
from tests.tune.searches import a_recipe


def identity(folder, *changes, data=None):
    recipe = a_recipe(folder, *changes).recipe
    return search_identity(recipe, stub.prepare(None, None).identity if data is None else data)


@pytest.mark.parametrize(
    "change",
    ["tune.budget=3h", "tune.trials=99", "tune.time_limit=1h", "tune.memory=9G", "tune.retries=7",
     "data.root=/elsewhere", "fit.threads=3", "name=other"],
)  # fmt: skip
def test_more_time_or_trials_and_where_the_data_lie_are_no_change(tmp_path, change):
    assert search_changes(identity(tmp_path), identity(tmp_path, change)) == []


@pytest.mark.parametrize(
    "change",
    ["tune.oracle=hyperband", "tune.seed=3", "tune.prune={after_trials: 2}", "loss.dice.weight=2",
     "tune.trial={fit.steps: 3}", "fit.steps=3", "fit.seed=4", "data.fold=1",
     "tune.space={model.depth: {int: [2, 5]}}", "tune.space={patches.size: null}"],
)  # fmt: skip
def test_all_that_changes_what_trials_are_or_in_what_order_they_come_is_one(tmp_path, change):
    assert len(search_changes(identity(tmp_path), identity(tmp_path, change))) >= 1


def test_other_versions_are_changes(tmp_path):
    before = identity(tmp_path)
    now = before | {"kseg": "9.9", "keras_tuner": "2.0"}
    assert search_changes(before, now) == [
        f"kseg {before['kseg']} -> 9.9",
        f"keras-tuner {before['keras_tuner']} -> 2.0",
    ]


def test_data_are_compared_once_they_are_known(tmp_path):
    before = identity(tmp_path)
    other = stub.prepare(None, None).identity | {"validation": {"b": "3"}}
    assert search_changes(before, identity(tmp_path, data={})) == []
    assert search_changes(before, identity(tmp_path, data=other)) == ["case b: its files changed"]


def test_what_may_be_changed_is_in_the_recipe(tmp_path):
    assert set(FREE_KEYS) <= set(type(a_recipe(tmp_path).recipe.tune).model_fields)
