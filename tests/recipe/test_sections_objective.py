import pytest

from kseg.recipe import load_recipe
from tests.recipe.helpers import BASE, refused, write


@pytest.mark.parametrize(
    ("objective", "told"),
    [
        ("{metric: val_dice}", "but `direction` is missing. Received: {metric: val_dice}"),
        ("{direction: max}", "but `metric` is missing"),
        ("{metric: val_dice, direction: up}", "`direction` is neither max nor min"),
        ("{metric: 3, direction: max}", "`metric` is no text"),
        ("{metric: a, direction: max, x: 3}", "`x` is no key of it"),
        ("{val_dice: high}", "must have a number as weight of each metric; `val_dice` has none"),
        ("3", "must be a mapping of keys"),
        ("{}", "must be a mapping of keys"),
    ],
)
def test_fact_2_what_an_objective_lacks_is_told_so_that_nobody_guesses_its_direction(
    tmp_path, objective, told
):
    text = f"{BASE}tune: {{objective: {objective}, space: {{model.depth: {{int: [3, 5]}}}}}}\n"
    (line,), _ = refused(write(tmp_path, text))
    assert "tune.objective: " in line and told in line


HEAD = f"{BASE}tune:\n  oracle: random\n  trials: 3\n  space: {{model.depth: {{int: [3, 5]}}}}\n"


def test_weights_take_the_place_of_a_metric_and_a_metric_that_of_weights(tmp_path):
    file = write(tmp_path, HEAD + "  objective: {metric: val_dice, direction: max}\n")
    word = "tune.objective={val_dice: 1.0, seconds_per_scan: -0.1}"
    weights = {"val_dice": 1.0, "seconds_per_scan": -0.1}
    assert load_recipe(file, [word]).recipe.tune.objective == weights
    file = write(tmp_path, HEAD + "  objective: {val_dice: 1.0}\n")
    objective = load_recipe(file, ["tune.objective={metric: loss, direction: min}"]).recipe.tune
    assert (objective.objective.metric, objective.objective.direction) == ("loss", "min")


def test_another_metric_does_not_inherit_the_direction_of_the_one_before(tmp_path):
    file = write(tmp_path, HEAD + "  objective: {metric: val_dice, direction: max}\n")
    (line,), _ = refused(file, ["tune.objective.metric=loss"])
    assert "but `direction` is missing" in line
    assert load_recipe(file, ["tune.objective.direction=min"]).recipe.tune.objective.metric == (
        "val_dice"
    )
