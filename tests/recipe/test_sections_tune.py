import pytest
from pydantic import ValidationError

from kseg.recipe import ParameterSection, TuneSection, load_recipe
from kseg.recipe.write import recipe_to_yaml
from tests.recipe.helpers import BASE, refused, write

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
        ({"choice": ("a",)}, "must be a list of two or more values"),
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
        ({"space": {}}, "at least 1 item"),
    ],
)
def test_a_search_without_an_end_or_a_meaning_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        TuneSection(**({"space": SPACE} | values))


@pytest.mark.parametrize("choice", ["[poly]", "poly", "[]", "[{a: 1}, 2]"])
def test_a_choice_is_told_to_be_a_list_of_values(tmp_path, choice):
    text = f"{BASE}tune: {{space: {{model.norm: {{choice: {choice}}}}}}}\n"
    (line,), _ = refused(write(tmp_path, text))
    assert "must be a list of two or more values. Received: " in line
    assert "or null" not in line


def test_a_section_that_nothing_reads_is_shown_as_it_was_written(tmp_path):
    text = f"{BASE}tune: {{prune: {{after_trials: 6}}, space: {{model.depth: {{int: [3, 5]}}}}}}\n"
    (line,), _ = refused(write(tmp_path, text))
    assert "is not read by `hyperband`. Received: {after_trials: 6}. Remove it" in line


def test_a_choice_on_the_command_line_takes_the_place_of_a_range_in_the_file(tmp_path):
    text = f"{BASE}tune: {{oracle: grid, space: {{model.depth: {{int: [3, 5]}}}}}}\n"
    changed = "tune.space={model.depth: {choice: [3, 5]}, model.filters: {choice: [8, 16]}}"
    space = load_recipe(write(tmp_path, text), [changed]).recipe.tune.space
    assert space["model.depth"].kind == "choice" and set(space) == {"model.depth", "model.filters"}


RATE = "optimizer.learning_rate"


@pytest.mark.parametrize("other", ["{choice: [0.001, 0.01]}", "{float: [0.001, 0.1]}"])
def test_what_a_choice_does_not_read_goes_with_the_range_that_it_replaces(tmp_path, other):
    range_ = "{float: [1e-4, 1e-2], scale: log}"
    text = f"{BASE}tune: {{oracle: random, trials: 3, space: {{{RATE}: {range_}}}}}\n"
    changed = f"tune.space={{{RATE}: {other}}}"
    found = load_recipe(write(tmp_path, text), [changed]).recipe.tune.space
    # Another range is still one along which small numbers count as much as large ones.
    scale = "linear" if "choice" in other else "log"
    assert found[RATE].scale == scale


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
