from types import SimpleNamespace

import numpy as np
import pytest

from kseg.losses import CombinedLoss, SoftDice, WeightedCrossEntropy
from kseg.losses.build import TERMS
from kseg.recipe import Recipe, load_recipe
from kseg.workflow.loss import make_loss, resolve_class_weights
from tests.losses.every import voxels
from tests.losses.reference import cross_entropy, soft_dice

OFF = {"cross_entropy": None, "dice": None}


def section(**loss):
    return Recipe(kseg=1, name="tiny", fit={"steps": 10}, loss=loss).loss


def cases(*counts):
    return [SimpleNamespace(label_counts=count) for count in counts]


def test_the_loss_holds_the_terms_of_the_recipe():
    given = section(cross_entropy={"weight": 2, "class_weights": "batch"}, dice={"smooth": 3.0})
    loss = make_loss(given, "none")
    (cross_entropy, weight), (dice, _) = loss.terms
    assert isinstance(loss, CombinedLoss) and weight == 2
    assert isinstance(cross_entropy, WeightedCrossEntropy) and isinstance(dice, SoftDice)
    assert dice.get_config()["smooth"] == 3.0
    assert cross_entropy.get_config()["class_weights"] == "batch"


@pytest.mark.parametrize("key", list(TERMS))
def test_a_term_may_stand_alone(key):
    loss = make_loss(section(**{**OFF, key: {"weight": 3.0}}), "none")
    assert [(type(term), weight) for term, weight in loss.terms] == [(TERMS[key], 3.0)]


def test_every_key_reaches_its_loss():
    given = {
        "tversky": {"alpha": 0.2, "beta": 0.6, "gamma": 1.5, "per": "batch", "background": True},
        "focal": {"gamma": 3.0, "class_weights": (1.0, 4.0)},
        "top_k": {"share": 0.2, "class_weights": "batch"},
    }
    loss = make_loss(section(**OFF, **given), "none")
    for (term, _), arguments in zip(loss.terms, given.values(), strict=True):
        config = term.get_config()
        wanted = {k: list(v) if isinstance(v, tuple) else v for k, v in arguments.items()}
        assert {key: config[key] for key in arguments} == wanted


@pytest.mark.parametrize("name", ["abdomen", "brain_tumour", "hippocampus", "liver"])
def test_the_shipped_recipes_keep_their_loss(name):
    loss = make_loss(load_recipe(name).recipe.loss, "none")
    today = CombinedLoss([(WeightedCrossEntropy(), 1.0), (SoftDice(), 1.0)])
    assert loss.get_config() == today.get_config()
    labels, logits = voxels({})
    value = float(loss(labels, logits))
    assert value == float(today(labels, logits))
    expected = np.mean(cross_entropy(labels, logits) + soft_dice(labels, logits))
    assert value == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("key", ["cross_entropy", "focal", "top_k"])
def test_class_weights_of_the_data_set_are_measured_over_all_its_voxels(key):
    given = section(**{**OFF, key: {"class_weights": "dataset"}})
    weights = resolve_class_weights(given, cases((60, 20, 0), (20, 60, 40)))
    assert weights == (0.6, 0.6, 0.8)
    ((term, _),) = make_loss(given, weights).terms
    assert term.class_weights == [0.6, 0.6, 0.8]


def test_only_the_terms_that_ask_for_them_take_measured_weights():
    given = section(cross_entropy={"class_weights": "dataset"}, focal={"class_weights": "batch"})
    (plain, _), _, (focal, _) = make_loss(given, (0.1, 0.9)).terms
    assert plain.class_weights == [0.1, 0.9] and focal.class_weights == "batch"


@pytest.mark.parametrize("wanted", ["none", "batch", (0.1, 1.0)])
def test_nothing_is_measured_where_no_term_asks(wanted):
    given = section(cross_entropy={"class_weights": wanted})
    assert resolve_class_weights(given, cases((1, 1))) == "none"
    assert resolve_class_weights(section(cross_entropy=None), cases((1, 1))) == "none"


def test_weights_that_were_not_measured_are_missed():
    with pytest.raises(ValueError, match="resolve_class_weights"):
        make_loss(section(cross_entropy={"class_weights": "dataset"}), "none")


def test_a_single_region_is_weighted():
    given = section(**{**OFF, "cross_entropy": {"class_weights": (2.0,)}})
    labels, logits = np.array([[[[0, 1]]]]), np.zeros((1, 1, 1, 2, 1), np.float32)
    plain = section(**{**OFF, "cross_entropy": {}})
    told = {"regions": [[1]]}
    once = float(make_loss(plain, "none", told)(labels, logits))
    twice = float(make_loss(given, "none", told)(labels, logits))
    assert once == pytest.approx(np.log(2)) and twice == pytest.approx(2 * once)
