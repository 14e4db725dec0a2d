import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kseg.recipe import Recipe, list_recipes, load_recipe, recipe_to_yaml
from tests.recipe.helpers import write

triples = st.tuples(*[st.floats(0.1, 9)] * 3)
values = st.fixed_dictionaries(
    {"kseg": st.just(1), "name": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,9}", fullmatch=True)},
    optional={
        "data": st.fixed_dictionaries(
            {"root": st.none() | st.text(min_size=1)}, optional={"fold": st.just("all")}
        ),
        "preprocess": st.fixed_dictionaries(
            {
                "spacing_mm": st.just("median") | triples,
                "intensity": st.dictionaries(
                    st.text(), st.fixed_dictionaries({"scale": st.just("none")}), max_size=3
                ),
            }
        ),
        "augment": st.fixed_dictionaries({"preset": st.sampled_from(["none", "nnunet"])}),
        "optimizer": st.sampled_from([{"name": "sgd"}, {"clip_norm": None}, {"name": "adam"}]),
        "schedule": st.fixed_dictionaries(
            {"name": st.sampled_from("exponential poly cosine constant".split())}
        ),
        "loss": st.sampled_from([{"dice": None}, {"cross_entropy": {"class_weights": (0.1, 1.0)}}]),
        "model": st.just({"head_weights": (1.0, 0.5, 1e-7)}),
    },
)
lengths = st.sampled_from([{"budget": "20m"}, {"steps": 10}, {"epochs": 2, "ema": 0.999}])


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(values, lengths)
def test_what_is_written_loads_to_the_same_recipe(tmp_path, values, fit):
    recipe = Recipe(**values, fit=fit)
    path = write(tmp_path, recipe_to_yaml(recipe, {"name": "some\nremark # twice"}))
    assert load_recipe(path).recipe == recipe


@pytest.mark.parametrize("name", [recipe.name for recipe in list_recipes()])
def test_shipped_recipes_survive_being_written_and_read(tmp_path, name):
    loaded = load_recipe(name)
    text = recipe_to_yaml(loaded.recipe, loaded.origins)
    assert load_recipe(write(tmp_path, text)).recipe == loaded.recipe


def test_keys_that_the_chosen_schedule_does_not_read_are_left_out():
    text = recipe_to_yaml(Recipe(kseg=1, name="a", fit={"steps": 1}))
    assert "power: 0.9" in text
    assert "decay_rate" not in text and "momentum" not in text
