import pytest

from kseg.errors import RecipeError
from kseg.recipe import load_recipe, vary
from kseg.recipe.write import recipe_to_yaml
from tests.recipe.helpers import write

HEAD = "kseg: 1\nname: a\nfit: {steps: 30, steps_per_epoch: 10}\ntune:\n  oracle: grid\n"


def load(tmp_path, lines, head=HEAD):
    return load_recipe(write(tmp_path, head + lines))


def refused(tmp_path, space, head=HEAD):
    with pytest.raises(RecipeError) as error:
        load(tmp_path, f"  space:\n{space}", head)
    return error.value.why


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("model.dpth: {int: [3, 5]}", "Did you mean `depth`?"),
        ("depth: {int: [3, 5]}", "`depth` belongs in `model`"),
        ("model: {int: [3, 5]}", "must be a single key, not a section"),
        ("model.depth: {int: [3, 9]}", "must be an integer from 2 to 8. Received: 9"),
        ("model.depth: {choice: [3, deep]}", 'Received: "deep"'),
        ("schedule.name: {choice: [poly, cosin]}", "Did you mean `cosine`?"),
        ("optimizer.learning_rate: {float: [-1, 1], step: 0.5}", "Received: -1"),
        ("patches.size: {choice: [[32, 64, 64], [32, 64, 65]]}", "must be divisible by 16"),
        ("fit.steps: {int: [3, 5]}", "the length of all trials is one"),
        ("data.fold: {int: [0, 4]}", "must not be searched"),
        ("name: {choice: [a, b]}", "must not be searched"),
        ("tune.seed: {int: [1, 2]}", "must not be searched"),
        ("evaluate.tolerance_mm: {choice: [1, 2]}", "must not be searched"),
    ],
)
def test_a_key_or_value_that_cannot_be_is_told_with_its_place(tmp_path, line, told):
    why = refused(tmp_path, f"    {line}\n")
    assert told in why and ":7:" in why


def test_a_value_is_tried_together_with_the_conditions_that_it_needs(tmp_path):
    lines = (
        "  space:\n"
        "    schedule.name: {choice: [poly, exponential]}\n"
        "    schedule.decay_rate: {choice: [0.5, 0.9], when: {schedule.name: exponential}}\n"
    )
    assert len(load(tmp_path, lines).recipe.tune.space) == 2
    lone = "    schedule.decay_rate: {choice: [0.5, 0.9]}\n"
    assert "is not read by `poly`" in refused(tmp_path, lone)


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("{schedule.nme: poly}", "must be a key of the space itself"),
        ("{schedule.name: cosine}", "must be one of the values of `schedule.name`: "),
        ("{schedule.staircase: 1}", "must be one of the values of `schedule.staircase`: false, "),
        ("{model.depth: 3}", "must name a choice or a bool; `model.depth` is a range"),
        ("{model.filters: 8}", "must not lead back to the key itself"),
        ("{loss.dice.weight: 1}", "must not lead back to the key itself"),
    ],
)
def test_a_condition_that_is_never_met_or_turns_in_a_circle_is_told(tmp_path, when, told):
    space = (
        "    schedule.name: {choice: [poly, exponential]}\n"
        "    schedule.staircase: {bool: true, when: {schedule.name: exponential}}\n"
        "    model.depth: {int: [3, 5]}\n"
        "    loss.dice.weight: {choice: [1, 2], when: {model.filters: 8}}\n"
        f"    model.filters: {{choice: [8, 16], when: {when}}}\n"
    )
    assert told in refused(tmp_path, space)


@pytest.mark.parametrize(
    "line",
    [
        "optimizer.clip_norm: {choice: [null, 12]}",
        "fit.ema: {choice: [0.99, null]}",
        "fit.patience_epochs: {choice: [null, 5]}",
        f"model.kernel_sizes: {{choice: [null, [[1, 3, 3]{4 * ', [3, 3, 3]'}]]}}",
    ],
)
def test_null_and_lists_in_lists_are_values_where_a_key_takes_them(tmp_path, line):
    loaded = load(tmp_path, f"  space: {{{line}}}\n")
    ((key, parameter),) = loaded.recipe.tune.space.items()
    for value in parameter.choice:
        recipe, problems = vary(loaded.tree, {key: value, "tune": None})
        section, name = key.split(".")
        assert problems == [] and getattr(getattr(recipe, section), name) == value
    again = load_recipe(write(tmp_path, recipe_to_yaml(loaded.recipe), "b.yaml")).recipe
    assert again == loaded.recipe


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("model.depth: {choice: [null, 3]}", "must be an integer from 2 to 8. Received: null"),
        ("model.norm: {choice: [null, batch]}", "must be one of "),
        ("schedule.power: {choice: [null, 0.8]}", "must not be null, which stands for 0.9 here"),
    ],
)
def test_null_is_refused_where_it_would_only_stand_for_the_default(tmp_path, line, told):
    why = refused(tmp_path, f"    {line}\n")
    assert told in why and "Received: null" in why and ":7:" in why


def test_what_trials_take_otherwise_is_checked_too(tmp_path):
    for trial, told in [
        ("{fit.stps: 3}", "Did you mean `steps`?"),
        ("{fit.steps: 0}", "Received: 0"),
        ("{model.depth: 3}", "stands in `tune.space` as well"),
        ("{data.fold: 2}", "must not be changed for the trials: it would change what"),
    ]:
        head = f"{HEAD}  trial: {trial}\n"
        assert told in refused(tmp_path, "    model.depth: {int: [3, 5]}\n", head)


def test_all_mistakes_are_told_at_once(tmp_path):
    why = refused(tmp_path, "    model.dpth: {int: [3, 5]}\n    name: {choice: [a, b]}\n")
    assert len(why.splitlines()) == 2


def test_values_are_put_in_as_the_command_line_does(tmp_path):
    tree = load(tmp_path, "  space: {model.depth: {int: [3, 5]}}\n").tree
    recipe, problems = vary(tree, {"schedule.name": "cosine", "fit.epochs": 3, "tune": None})
    assert problems == [] and recipe.tune is None
    assert recipe.schedule.name == "cosine" and recipe.schedule.power is None
    assert recipe.fit.epochs == 3 and recipe.fit.steps is None
    by_hand = load_recipe(tmp_path / "a.yaml", ["schedule.name=cosine", "fit.epochs=3"]).recipe
    assert recipe == by_hand.model_copy(update={"tune": None})


def test_values_that_do_not_fit_are_problems_of_their_keys(tmp_path):
    tree = load(tmp_path, "  space: {model.depth: {int: [3, 5]}}\n").tree
    recipe, problems = vary(tree, {"model.depth": 2, "model.deep_supervision": 3})
    assert recipe is None
    assert [".".join(problem.key) for problem in problems] == ["model.deep_supervision"]
