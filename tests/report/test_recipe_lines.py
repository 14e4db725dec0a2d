from kseg.recipe import Recipe
from kseg.report.recipe_lines import recipe_lines

GIVEN = {
    "name": {"value": "a", "origin": "a.yaml:2"},
    "fit.budget": {"value": "9m", "origin": "--budget"},
    "fit.steps": {"value": None, "origin": "default"},
    "preprocess.spacing_mm": {"value": "median", "origin": "default"},
}


def by_key(lines):
    return {line.key: line for line in lines}


def test_a_value_that_training_derived_stands_beside_the_one_that_was_given():
    trained = Recipe(
        kseg=1, name="a", fit={"steps": 2887}, preprocess={"spacing_mm": (3.0, 1.5, 1.5)}
    )
    lines = by_key(recipe_lines(GIVEN, trained))
    assert lines["fit.budget"].value == "9m (as trained: null)"
    assert lines["fit.steps"].value == "null (as trained: 2887)"
    assert lines["preprocess.spacing_mm"].value == "median (as trained: [3.0, 1.5, 1.5])"
    assert (lines["name"].value, lines["name"].origin) == ("a", "a.yaml:2")


def test_a_run_that_recorded_no_origins_says_so():
    lines = recipe_lines({}, Recipe(kseg=1, name="a", fit={"steps": 3}))
    assert len(lines) > 50 and {line.origin for line in lines} == {"not recorded"}


def test_a_training_that_is_not_finished_shows_what_was_given():
    assert by_key(recipe_lines(GIVEN, None))["fit.budget"].value == "9m"


def test_lists_of_the_record_read_as_the_recipe_writes_them():
    trained = Recipe(kseg=1, name="a", fit={"steps": 3}, patches={"size": (16, 32, 32)})
    (line,) = [
        line
        for line in recipe_lines(
            {"patches.size": {"value": [16, 32, 32], "origin": "x:1"}}, trained
        )
        if line.key == "patches.size"
    ]
    assert line.value == "[16, 32, 32]"
