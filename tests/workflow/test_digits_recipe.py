import pytest

from kseg.errors import RecipeError
from kseg.recipe import load_recipe, recipe_to_yaml
from kseg.workflow.digits_recipe import refuse_keys_of_scans
from tests.workflow.digits_of import load_tiny


@pytest.mark.parametrize(
    "word",
    [
        "preprocess.crop=false",
        "preprocess.spacing_mm=[1, 1, 1]",
        "augment.preset=none",
        "augment.flip.probability=0",
        "predict.mirror=true",
        "evaluate.tolerance_mm=1",
        "patches.size=[32, 32, 32]",
        "patches.foreground=0",
        "patches.ram=1G",
        "preprocess.intensity={digit: {scale: none}}",
        "evaluate.label_tolerance_mm={'3': 1}",
    ],
)
def test_what_a_recipe_says_of_scans_is_refused_with_its_origin(tmp_path, word):
    with pytest.raises(RecipeError) as refused:
        refuse_keys_of_scans(load_tiny(tmp_path, [word]))
    assert word.split("=")[0] in refused.value.why and "--set" in refused.value.why
    assert "data.source: digits" in refused.value.why and refused.value.fix


def test_all_such_keys_are_told_at_once(tmp_path):
    words = ["predict.mirror=true", "evaluate.tolerance_mm=1", "loss.dice={weight: 1}"]
    with pytest.raises(RecipeError) as refused:
        refuse_keys_of_scans(load_tiny(tmp_path, words))
    for key in ("predict.mirror", "evaluate.tolerance_mm", "loss.dice"):
        assert refused.value.why.count(f"`{key}`") == 1


def test_the_overlap_of_regions_is_refused_as_it_is_the_default(tmp_path):
    text = (load_tiny(tmp_path).path).read_text().replace("loss: {dice: null}\n", "")
    with pytest.raises(RecipeError, match="one digit has no region"):
        refuse_keys_of_scans(load_tiny(tmp_path, text=text))


@pytest.mark.parametrize("weights", ["[1]", "[1, 2]"])
def test_class_weights_of_other_than_ten_digits_are_refused(tmp_path, weights):
    word = f"loss.cross_entropy.class_weights={weights}"
    with pytest.raises(RecipeError, match=r"class_weights` \(--set\) must hold 10 weights"):
        refuse_keys_of_scans(load_tiny(tmp_path, [word]))
    ten = word.partition("=")[0] + f"={[1] * 10}"
    refuse_keys_of_scans(load_tiny(tmp_path, [ten]))


def test_keys_at_their_defaults_are_let_through_as_in_a_lock(tmp_path):
    refuse_keys_of_scans(load_tiny(tmp_path))
    whole = tmp_path / "whole.yaml"
    whole.write_text(recipe_to_yaml(load_tiny(tmp_path).recipe))
    refuse_keys_of_scans(load_recipe(whole))


def test_the_shipped_recipe_holds_the_numbers_of_the_original():
    loaded = load_recipe("mnist")
    refuse_keys_of_scans(loaded)
    recipe = loaded.recipe
    assert recipe.data.source == "digits" and recipe.data.download is False
    model = recipe.model
    assert (model.name, model.filters, model.dense_filters) == ("fcn", (32, 64), 1024)
    assert (model.kernel_size, model.pool_size, model.pool) == (5, 2, "max")
    assert (model.dropout, model.kernel_stddev, model.initial_bias) == (0.5, 0.1, 0.1)
    optimizer = recipe.optimizer
    assert (optimizer.name, optimizer.learning_rate, optimizer.epsilon) == ("adam", 1e-4, 1e-8)
    assert optimizer.weight_decay == 0 and optimizer.clip_norm is None and recipe.fit.ema is None
    assert (recipe.schedule.name, recipe.schedule.warmup_steps) == ("constant", 0)
    assert (recipe.patches.batch, recipe.fit.steps, recipe.fit.steps_per_epoch) == (100, 1000, 50)
    assert recipe.fit.validate_every_epochs == 1
