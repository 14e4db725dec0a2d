import pytest

from kseg.errors import RecipeError
from kseg.recipe import load_recipe
from tests.recipe.helpers import write

HEAD = "kseg: 1\nname: a\nfit: {steps: 30, steps_per_epoch: 10}\n"
TUNE = "tune:\n  oracle: random\n  trials: 3\n  space: {model.depth: {int: [3, 5]}}\n"


def load(tmp_path, *words, head=HEAD):
    return load_recipe(write(tmp_path, head + TUNE), words)


def refused(tmp_path, *words, head=HEAD):
    with pytest.raises(RecipeError) as error:
        load(tmp_path, *words, head=head)
    return error.value.why


@pytest.mark.parametrize(
    "name",
    ["val_dice", "val_dice_liver", "loss", "learning_rate", "seconds", "steps", "patch_dice",
     "seconds_per_scan", "memory_gib", "parameters"],
)  # fmt: skip
def test_what_a_trial_measures_may_be_the_objective(tmp_path, name):
    word = f"tune.objective={{metric: {name}, direction: max}}"
    assert load(tmp_path, word).recipe.tune.objective.metric == name


@pytest.mark.parametrize("name", ["val_dcie", "val_accuracy", "dice", "epoch", "voxel_accuracy"])
def test_what_no_trial_measures_is_told_before_anything_is_read(tmp_path, name):
    why = refused(tmp_path, f"tune.objective={{val_dice: 1.0, {name}: 2.0}}")
    assert "must name what a trial measures" in why and f'Received: "{name}"' in why
    assert "val_dice, patch_dice, loss" in why and "epoch," not in why.split("Take one of")[1]


def test_a_metric_of_the_recipe_may_be_the_objective_and_one_of_a_package_under_its_own_name(
    tmp_path,
):
    word = "tune.objective={metric: voxel_accuracy, direction: max}"
    assert load(tmp_path, word, "fit.metrics=[voxel_accuracy]")
    theirs = "fit.metrics=[{name: keras.metrics:MeanSquaredError}]"
    assert load(tmp_path, "tune.objective={metric: whatever, direction: max}", theirs)
    word = "tune.objective={metric: val_whatever, direction: max}"
    assert "must name what" in refused(tmp_path, word, theirs)


def test_digits_have_no_dice_to_be_judged_by(tmp_path):
    head = "extends: mnist\nname: a\n"
    tune = TUNE.replace("model.depth: {int: [3, 5]}", "fit.seed: {int: [3, 5]}")
    file = write(tmp_path, head + tune)
    with pytest.raises(RecipeError, match="Take one of val_accuracy, accuracy"):
        load_recipe(file)
    word = "tune.objective={metric: val_accuracy, direction: max}"
    assert load_recipe(file, [word]).recipe.tune.objective.metric == "val_accuracy"


@pytest.mark.parametrize("late", ["steps", "seconds_per_scan", "memory_gib", "parameters"])
def test_epochs_cannot_be_judged_by_what_is_measured_at_the_end(tmp_path, late):
    word = f"tune.objective={{val_dice: 1.0, {late}: -0.1}}"
    assert load(tmp_path, word)
    assert f"with an objective that names {late}" in refused(tmp_path, word, "tune.prune={}")
    assert load(tmp_path, "tune.objective={val_dice: 1.0, loss: -0.1}", "tune.prune={}")
