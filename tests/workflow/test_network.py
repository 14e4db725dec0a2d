import inspect
import json

import keras
import numpy as np
import pytest

from kseg.models import FACTORIES, build
from kseg.recipe import Recipe
from kseg.workflow.network import (
    make_network,
    make_optimizer,
    network_arguments,
)

MODEL = {"depth": 2, "filters": 2, "deep_supervision": 1}


def recipe(**sections):
    given = {"kseg": 1, "name": "tiny", "fit": {"steps": 10}, "model": MODEL}
    return Recipe(**(given | sections))


def test_the_network_has_the_recipes_channels_classes_and_arguments():
    network = make_network(recipe(), 2, 4, "none").model
    assert network(np.zeros((1, 8, 8, 8, 2), np.float32)).shape == (1, 8, 8, 8, 4)
    assert network.head_names == ("out", "aux_1")
    assert network_arguments(recipe().model)["filters"] == 2
    assert "name" not in network_arguments(recipe().model)


FIRST_SEED_SYSTEM = {
    "depth": 3, "filters": 2, "convs_per_level": 1, "downsample": "max", "norm": "batch",
    "activation": "relu", "use_bias": True, "dropout": 0.2, "decoder_activation": "relu",
    "kernel_initializer": "truncated_normal", "kernel_stddev": 0.01, "initial_bias": 0.1,
    "l2": 0.0015, "deep_supervision": 2, "heads": "full_size", "head_weights": (1, 1, 1),
}  # fmt: skip
SECOND_SEED_SYSTEM = {
    "name": "fcn", "kernel_initializer": "truncated_normal", "kernel_stddev": 0.1,
    "initial_bias": 0.1,
}  # fmt: skip


@pytest.mark.parametrize(
    "model",
    [
        {},
        {"name": "fcn"},
        FIRST_SEED_SYSTEM,
        SECOND_SEED_SYSTEM,
        {"depth": 3, "strides": (1, (1, 2, 2), 2), "kernel_sizes": ((1, 3, 3), 3, 3),
         "filters": (2, 4, 8), "convs_per_level": (1, 2, 2), "decoder_convs_per_level": (1, 1),
         "block": "residual", "attention": True, "squeeze_excitation": True,
         "padding": "symmetric", "fusion": "add", "kernel_initializer": "he_leaky"},
    ],
)  # fmt: skip
def test_a_recipe_gives_exactly_what_the_factory_takes(model):
    data = {"source": "digits" if model.get("name") == "fcn" else "auto"}
    section = Recipe(kseg=1, name="a", fit={"steps": 1}, model=model, data=data,
                     patches={"size": (16, 32, 32)}).model  # fmt: skip
    arguments = network_arguments(section)
    known = inspect.signature(FACTORIES[section.name]).parameters
    assert not arguments.keys() - known.keys()
    assert json.loads(json.dumps(arguments)) == arguments
    read = type(section).model_fields.keys() - section.unread_keys() - {"name"}
    translated = {"kernel_initializer", "kernel_stddev", "initial_bias", "l2"}
    assert {key for key in read - translated if getattr(section, key) is not None} <= set(arguments)
    # What a recipe says of a key by default is what the factory takes by default.
    plain = network_arguments(type(section)(name=section.name))
    differing = {key for key, value in plain.items() if value != _plain(known[key].default)}
    assert differing <= {"deep_supervision"}


def _plain(value):
    return list(value) if isinstance(value, tuple) else value


def test_the_first_seed_system_is_a_section_of_a_recipe():
    model = make_network(recipe(model=FIRST_SEED_SYSTEM), 1, 2, "batch").model
    block = model.get_layer("down_1_0").get_config()
    assert (block["dropout"], block["norm"], block["activation"]) == (0.2, "batch", "relu")
    assert block["use_bias"] and block["bias_initializer"]["config"]["value"] == 0.1
    assert block["kernel_initializer"]["config"]["stddev"] == 0.01
    assert block["kernel_regularizer"]["config"]["l2"] == pytest.approx(0.0015)
    assert model.get_layer("enlarge_0").get_config()["activation"] == "relu"
    heads = model(np.zeros((1, 8, 8, 8, 1), np.float32), training=True)
    assert [tuple(head.shape) for head in heads.values()] == [(1, 8, 8, 8, 2)] * 3
    assert model.head_weights == (1.0, 1.0, 1.0)


def test_the_second_seed_system_is_a_section_of_a_recipe():
    section = Recipe(kseg=1, name="a", fit={"steps": 1}, model=SECOND_SEED_SYSTEM,
                     data={"source": "digits"}, patches={"size": (1, 28, 28)}).model  # fmt: skip
    model = build(section.name, 1, 10, network_arguments(section))
    assert model.count_params() == 3_274_634
    bias = next(weight for weight in model.weights if weight.path == "head_0/bias")
    np.testing.assert_allclose(bias.numpy(), 0.1)


def test_equal_seeds_give_equal_weights_and_others_do_not():
    def first_weight(seed):
        model = make_network(recipe(fit={"steps": 1, "seed": seed}), 1, 2, "none").model
        return model.weights[0].numpy()

    np.testing.assert_array_equal(first_weight(3), first_weight(3))
    assert not np.array_equal(first_weight(3), first_weight(4))


@pytest.mark.parametrize("name", ["exponential", "poly", "cosine", "constant"])
def test_every_schedule_of_a_recipe_drives_the_optimizer(name):
    network = make_network(recipe(schedule={"name": name, "warmup_steps": 4}), 1, 2, "none")
    network.schedule.set_total_steps(100)
    rate = network.model.optimizer.learning_rate
    assert 0 < float(rate) < 2e-3
    network.model.optimizer.iterations.assign(4)
    assert float(network.model.optimizer.learning_rate) == pytest.approx(2e-3, rel=0.05)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("adamw", keras.optimizers.AdamW),
        ("adam", keras.optimizers.Adam),
        ("sgd", keras.optimizers.SGD),
    ],
)
def test_optimizers_take_the_recipes_numbers(name, kind):
    keys = {"name": name, "weight_decay": 0.03, "clip_norm": 5.0}
    optimizer = make_optimizer(recipe(optimizer=keys).optimizer, 0.1, None)
    assert type(optimizer) is kind
    assert optimizer.weight_decay == 0.03 and optimizer.global_clipnorm == 5.0
    assert not optimizer.use_ema
    if name == "sgd":
        assert optimizer.momentum == 0.99 and optimizer.nesterov


@pytest.mark.parametrize("name", ["adamw", "adam", "sgd"])
def test_nothing_is_clipped_or_decayed_where_the_recipe_says_so(name):
    keys = {"name": name, "weight_decay": 0.0, "clip_norm": None}
    optimizer = make_optimizer(recipe(optimizer=keys).optimizer, 0.1, None)
    assert not optimizer.weight_decay and optimizer.global_clipnorm is None


@pytest.mark.parametrize("name", ["adamw", "adam", "sgd"])
def test_a_running_mean_of_the_weights_is_kept_where_asked_and_warms_up(name):
    optimizer = make_optimizer(recipe(optimizer={"name": name}).optimizer, 0.1, 0.9)
    assert optimizer.use_ema and optimizer.ema_momentum == 0.9
    optimizer.iterations.assign(5)
    assert float(optimizer.mean_momentum()) == pytest.approx(6 / 15)


def test_biases_and_the_scales_of_norms_are_not_decayed():
    model = make_network(recipe(), 1, 2, "none").model
    decayed = [
        variable.path
        for variable in model.trainable_variables
        if model.optimizer._use_weight_decay(variable)
    ]
    assert decayed and all(path.endswith("kernel") for path in decayed)
