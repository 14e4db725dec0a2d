import pytest

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
