import pytest

from kseg.recipe import load_recipe
from tests.recipe.helpers import BASE, refused, write


def test_values_follow_the_rules_of_yaml(tmp_path):
    path = write(tmp_path, BASE)
    loaded = load_recipe(
        path,
        ["optimizer.learning_rate=1e-4", "patches={size: [16, 32, 32], batch: 3}", "data.fold=all"],
    )
    assert loaded.recipe.optimizer.learning_rate == 1e-4
    assert loaded.recipe.patches.size == (16, 32, 32)
    assert loaded.recipe.data.fold == "all"
    assert loaded.origins["patches.batch"] == "--set"


def test_the_last_change_and_then_the_option_wins(tmp_path):
    path = write(tmp_path, BASE)
    assert load_recipe(path, ["fit.seed=2", "fit.seed=3"]).recipe.fit.seed == 3
    assert load_recipe(path, ["fit.seed=2"], {"fit.seed": 4}).recipe.fit.seed == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model.dpth=4", "Did you mean `depth`?"),
        ("modle.depth=4", "Did you mean `model`?"),
        ("modle.depth=", "Did you mean `model`?"),
        ("epochs=4", "belongs in `fit`"),
        ("model.depth.x=4", "integer"),
        ("model.depth='4'", "Remove the quotes"),
        ("model.depth", "must be KEY=VALUE"),
        ("=4", "must be KEY=VALUE"),
        ("model..depth=4", "must be KEY=VALUE"),
        ("patches.size=[1,", "readable as YAML"),
        ("patches.size=&x [1, 2, 3]", "anchors"),
        ("extends=liver", "in a file only"),
        ("tune.space.model.filters={choice: [8, 16]}", '--set "tune.space={model.filters: '),
        ("tune.trial.fit.steps=3", '--set "tune.trial={fit.budget: 3m}"'),
    ],
)
def test_a_wrong_change_is_told_as_it_was_written(tmp_path, text, message):
    lines, error = refused(write(tmp_path, BASE), [text])
    assert lines[0].startswith(f"--set {text}: ")
    assert message in error.why


def test_wrong_options_are_told_by_their_own_names(tmp_path):
    flags = {"fit.budget": "20 minutes", "predict.batch": 0}
    lines, _ = refused(write(tmp_path, BASE), (), flags)
    assert lines[0].startswith("--batch 0: predict.batch: ")
    assert lines[1].startswith("--budget 20 minutes: fit.budget: ")


def test_mistakes_in_file_and_command_line_are_told_together(tmp_path):
    lines, _ = refused(write(tmp_path, BASE + "x: 1\n"), ["y=2"])
    assert len(lines) == 2


def test_a_recipe_for_digits_keeps_its_source_when_other_digits_are_given(tmp_path):
    path = write(tmp_path, BASE + "data: {source: digits}\n")
    loaded = load_recipe(path, [], {"data.root": "some.npz"})
    assert loaded.recipe.data.source == "digits" and loaded.data_root.name == "some.npz"
    given = load_recipe(path, ["data.source=msd"], {"data.root": "scans"})
    assert given.recipe.data.source == "msd"
