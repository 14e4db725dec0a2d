import pytest
from pydantic import ValidationError

from kseg.recipe import ParameterSection, TuneSection, load_recipe
from kseg.recipe.write import recipe_to_yaml
from tests.recipe.helpers import write

SPACE = {"model.depth": {"int": (3, 5)}}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "exactly one of int, float, choice and bool"),
        ({"int": (1, 2), "bool": True}, "exactly one of"),
        ({"int": (5, 3)}, "must rise"),
        ({"int": (3, 3)}, "must rise"),
        ({"float": (0.0, 1.0), "scale": "log"}, "must begin above 0"),
        ({"float": (0.1, 1.0), "scale": "log", "step": 0.1}, "has no meaning with `scale: log`"),
        ({"int": (1, 3), "step": 3}, "must not exceed the range"),
        ({"int": (1, 9), "step": 1.5}, "must be whole"),
        ({"choice": ("a",)}, "at least 2 items"),
        ({"choice": ("a", "b", "a")}, "each value once"),
        ({"choice": ("a", "b"), "scale": "log"}, "is not read by `choice`"),
        ({"bool": True, "step": 1}, "is not read by `bool`"),
        ({"bool": False}, "Input should be True"),
    ],
)
def test_a_parameter_that_holds_nothing_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        ParameterSection(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"oracle": "random"}, "has no end of its own"),
        ({"oracle": "bayesian"}, "has no end of its own"),
        ({"oracle": "hyperband", "trials": 3}, "is not read by `hyperband`"),
        ({"oracle": "random", "trials": 3, "promotions": 2}, "is not read by `random`"),
        ({"oracle": "hyperband", "prune": {}}, "is not read by `hyperband`"),
        ({"objective": {"val_dice": 0.0}}, "weights other than 0"),
        ({"objective": {"metric": "val_dice"}}, "direction"),
        ({"space": {}}, "at least 1 item"),
    ],
)
def test_a_search_without_an_end_or_a_meaning_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        TuneSection(**({"space": SPACE} | values))


def test_fact_2_a_metric_needs_a_direction_so_that_nobody_guesses_it(tmp_path):
    text = "kseg: 1\nname: a\nfit: {steps: 3}\ntune:\n  objective: {metric: val_dice}\n"
    file = write(tmp_path, text + "  space: {model.depth: {int: [3, 5]}}\n")
    with pytest.raises(Exception, match="direction"):
        load_recipe(file)


def test_times_and_sizes_come_in_seconds_and_bytes():
    tune = TuneSection(space=SPACE, budget="2h", time_limit="90s", memory="2G")
    assert (tune.budget_seconds, tune.time_limit_seconds) == (7200, 90)
    assert tune.memory_bytes == 2 * 2**30
    assert TuneSection(space=SPACE).budget_seconds is None


def test_hyperband_has_its_own_numbers_and_others_none():
    tune = TuneSection(space=SPACE)
    assert (tune.factor, tune.promotions, tune.iterations) == (3, 2, 1)
    assert TuneSection(space=SPACE, oracle="grid").factor is None


def test_a_recipe_with_a_search_comes_back_from_its_yaml(tmp_path):
    for name in ("hippocampus", "liver"):
        recipe = load_recipe(name).recipe
        again = load_recipe(write(tmp_path, recipe_to_yaml(recipe))).recipe
        assert again == recipe and again.tune.space
