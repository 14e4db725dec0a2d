from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kseg.losses import CombinedLoss, SoftDice, WeightedCrossEntropy
from kseg.recipe import Recipe
from kseg.workflow.network import (
    make_loss,
    make_network,
    make_optimizer,
    network_arguments,
    resolve_class_weights,
)

MODEL = {"depth": 2, "filters": 2, "deep_supervision": 1}


def recipe(**sections):
    given = {"kseg": 1, "name": "tiny", "fit": {"steps": 10}, "model": MODEL}
    return Recipe(**(given | sections))


def cases(*counts):
    return [SimpleNamespace(label_counts=count) for count in counts]


def test_the_network_has_the_recipes_channels_classes_and_arguments():
    network = make_network(recipe(), 2, 4, "none").model
    assert network(np.zeros((1, 8, 8, 8, 2), np.float32)).shape == (1, 8, 8, 8, 4)
    assert network.head_names == ("out", "aux_1")
    assert network_arguments(recipe().model)["filters"] == 2
    assert "name" not in network_arguments(recipe().model)


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


def test_a_running_mean_of_the_weights_is_kept_where_asked():
    optimizer = make_optimizer(recipe().optimizer, 0.1, 0.9)
    assert optimizer.use_ema and optimizer.ema_momentum == 0.9


def test_biases_and_the_scales_of_norms_are_not_decayed():
    model = make_network(recipe(), 1, 2, "none").model
    decayed = [
        variable.path
        for variable in model.trainable_variables
        if model.optimizer._use_weight_decay(variable)
    ]
    assert decayed and all(path.endswith("kernel") for path in decayed)


def test_the_loss_holds_the_terms_of_the_recipe():
    loss = make_loss(
        recipe(loss={"cross_entropy": {"weight": 2}, "dice": {"smooth": 3.0}}).loss, "batch"
    )
    (cross_entropy, weight), (dice, _) = loss.terms
    assert isinstance(loss, CombinedLoss) and weight == 2
    assert isinstance(cross_entropy, WeightedCrossEntropy) and isinstance(dice, SoftDice)
    assert dice.get_config()["smooth"] == 3.0
    assert cross_entropy.get_config()["class_weights"] == "batch"


@pytest.mark.parametrize(
    ("section", "kind"),
    [({"dice": None}, WeightedCrossEntropy), ({"cross_entropy": None}, SoftDice)],
)
def test_a_term_that_is_null_is_left_out(section, kind):
    loss = make_loss(recipe(loss=section).loss, "none")
    terms = [term for term, _ in loss.terms] if isinstance(loss, CombinedLoss) else [loss]
    assert [type(term) for term in terms] == [kind]


def test_class_weights_of_the_data_set_are_measured_over_all_its_voxels():
    section = recipe(loss={"cross_entropy": {"class_weights": "dataset"}}).loss
    assert resolve_class_weights(section, cases((60, 20, 0), (20, 60, 40))) == (0.6, 0.6, 0.8)


def test_measured_class_weights_never_fall_to_nothing():
    section = recipe(loss={"cross_entropy": {"class_weights": "dataset"}}).loss
    assert resolve_class_weights(section, cases((10**9, 1))) == (0.01, 1.0)


@pytest.mark.parametrize("wanted", ["none", "batch", (0.1, 1.0)])
def test_other_class_weights_stay_as_they_are(wanted):
    section = recipe(loss={"cross_entropy": {"class_weights": wanted}}).loss
    assert resolve_class_weights(section, cases((1, 1))) == wanted


def test_without_cross_entropy_there_are_no_class_weights():
    assert resolve_class_weights(recipe(loss={"cross_entropy": None}).loss, cases((1, 1))) == "none"
