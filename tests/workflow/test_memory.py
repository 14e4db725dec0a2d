import pytest
import tensorflow as tf

from kseg.errors import RecipeError
from kseg.recipe import Recipe, load_recipe
from kseg.workflow.memory import memory_advice, smaller
from kseg.workflow.network import make_network
from tests.workflow.tiny import write_recipe


def oom(message="OOM when allocating tensor"):
    return tf.errors.ResourceExhaustedError(None, None, message)


@pytest.mark.parametrize("error", [oom(), MemoryError()])
def test_G06_a_training_that_does_not_fit_is_told_what_it_needs_and_what_would_fit(tmp_path, error):
    recipe = load_recipe(write_recipe(tmp_path)).recipe
    model = make_network(recipe, 1, 3, "none").model
    with pytest.raises(RecipeError, match="does not fit into memory") as refused:
        with memory_advice(recipe, model, tmp_path):
            raise error
    assert "needs about 0.0 GiB with 2 in a batch" in refused.value.why
    assert "--set patches.batch=1 or --set patches.size=[14, 16, 16]" in refused.value.fix
    assert refused.value.code == "KS-G06" and "--accept-changes" in refused.value.fix


def test_other_errors_are_left_alone(tmp_path):
    recipe = load_recipe(write_recipe(tmp_path)).recipe
    with pytest.raises(ZeroDivisionError), memory_advice(recipe, None, tmp_path):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("size", "batch", "depth"), [((32, 96, 64), 4, 5), ((16, 16, 16), 1, 4), ((40, 8, 8), 1, 4)]
)
def test_G06_what_is_advised_is_a_recipe_that_loads_and_is_smaller(size, batch, depth):
    patches = {"size": size, "batch": batch}
    words = ["model.depth=" + str(depth)]
    words += [f"patches.{key}={list(v) if key == 'size' else v}" for key, v in patches.items()]
    recipe = load_recipe("hippocampus", words).recipe
    for advice in smaller(recipe):
        if "filters" in advice:
            continue
        key = advice.removeprefix("--set ")
        less = load_recipe("hippocampus", [*words, key]).recipe.patches
        volume = lambda p: p.batch * p.size[0] * p.size[1] * p.size[2]  # noqa: E731
        assert volume(less) < volume(recipe.patches)


def test_a_training_that_is_as_small_as_it_gets_is_told_to_shrink_its_network():
    recipe = Recipe(kseg=1, name="a", fit={"steps": 3}, patches={"size": (32, 32, 32), "batch": 1})
    assert smaller(recipe) == ["--set model.filters to a smaller number"]


@pytest.mark.parametrize("error", [oom(), MemoryError()])
def test_G06_a_final_validation_that_does_not_fit_keeps_the_training_and_advises_fewer_windows(
    tmp_path, error
):
    recipe = load_recipe(write_recipe(tmp_path)).recipe
    with pytest.raises(RecipeError, match="final validation .* with 4 windows") as refused:
        with memory_advice(recipe, None, tmp_path, trains=False):
            raise error
    assert "--set predict.batch=2 --accept-changes" in refused.value.fix
    assert refused.value.code == "KS-G06" and "patches" not in refused.value.fix
