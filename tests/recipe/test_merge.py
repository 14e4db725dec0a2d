from kseg.recipe import Recipe, load_recipe
from kseg.recipe.merge import merge
from kseg.recipe.reader import read_yaml
from tests.recipe.helpers import BASE, refused, write


def merged(upper, lower):
    layers = [read_yaml(text, "a.yaml")[0] for text in (upper, lower)]
    return merge(*layers, Recipe).plain()


def test_mappings_merge_and_lists_replace():
    lower = "model: {depth: 4, head_weights: [1, 1]}"
    assert merged("model: {head_weights: [2]}", lower) == {
        "model": {"depth": 4, "head_weights": (2,)}
    }


def test_a_new_preset_forgets_what_the_old_one_was_changed_by():
    lower = "augment: {preset: nnunet, flip: {axes: auto}}"
    assert merged("augment: {preset: none}", lower) == {"augment": {"preset": "none"}}
    assert merged("augment: {preset: nnunet}", lower)["augment"]["flip"] == {"axes": "auto"}


def test_a_mapping_replaces_what_is_none():
    assert merged("loss: {dice: {weight: 2}}", "loss: {dice: null}") == {
        "loss": {"dice": {"weight": 2}}
    }


def test_null_goes_back_to_the_default_and_where_null_is_a_value_it_stays(tmp_path):
    write(tmp_path, BASE + "model: {depth: 3}\npredict: {batch: 2}\n", "p.yaml")
    path = write(
        tmp_path,
        "extends: p.yaml\nmodel: null\npredict: {batch: null}\noptimizer: {clip_norm: null}\n"
        "loss: {cross_entropy: null}\n",
    )
    recipe = load_recipe(path).recipe
    assert (recipe.model.depth, recipe.predict.batch) == (5, 4)
    assert recipe.optimizer.clip_norm is None
    assert recipe.loss.cross_entropy is None


def test_null_takes_a_key_out_of_a_space_and_is_a_value_of_a_condition(tmp_path):
    space = "{model.depth: {int: [3, 5]}, fit.ema: {choice: [null, 0.9]}}"
    path = write(tmp_path, f"{BASE}tune: {{oracle: grid, space: {space}}}\n")
    changed = "{model.depth: null, fit.seed: {int: [1, 3], when: {fit.ema: null}}}"
    space = load_recipe(path, [f"tune.space={changed}"]).recipe.tune.space
    assert list(space) == ["fit.ema", "fit.seed"]
    assert space["fit.seed"].when == {"fit.ema": None}


def test_a_length_on_a_higher_layer_clears_the_others(tmp_path):
    path = write(tmp_path, BASE)
    assert load_recipe(path, ["fit.epochs=2"]).recipe.fit.length_kind == "epochs"
    fit = load_recipe(path, (), {"fit.budget": "20m", "fit.steps": None}).recipe.fit
    assert (fit.length_kind, fit.budget_seconds) == ("budget", 1200.0)
    child = write(tmp_path, "extends: a.yaml\nfit: {budget: 90s}\n", "c.yaml")
    assert load_recipe(child).recipe.fit.length_kind == "budget"
    lines, _ = refused(path, ["fit.epochs=2", "fit.steps=9"])
    assert "only one" in lines[0]


def test_a_length_of_trials_on_a_higher_layer_clears_the_others():
    lower = "tune: {trial: {fit.budget: 4m, fit.steps_per_epoch: 45}}"
    upper = "tune: {trial: {fit.steps: 60}}"
    assert merged(upper, lower)["tune"]["trial"] == {"fit.steps": 60, "fit.steps_per_epoch": 45}
    assert merged("tune: {trial: {fit.seed: 2}}", lower)["tune"]["trial"]["fit.budget"] == "4m"
    recipe = load_recipe("hippocampus", ["tune.trial={fit.steps: 60}"]).recipe
    assert recipe.tune.trial["fit.steps"] == 60 and "fit.budget" not in recipe.tune.trial
    assert load_recipe("hippocampus", ["tune.trial=null"]).recipe.tune.trial == {}


def test_a_name_on_a_higher_layer_drops_what_only_the_old_one_read(tmp_path):
    path = write(tmp_path, BASE + "schedule: {name: poly, power: 2.0, warmup_steps: 7}\n")
    schedule = load_recipe(path, ["schedule.name=exponential"]).recipe.schedule
    assert (schedule.power, schedule.decay_rate, schedule.warmup_steps) == (None, 0.9, 7)
    lines, _ = refused(path, ["schedule.decay_rate=0.5"])
    assert "not read by `poly`" in lines[0]
