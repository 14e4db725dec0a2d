import pytest
from pydantic import ValidationError

from kseg.recipe import LossSection, load_recipe
from kseg.recipe.sections_loss import FocalSection, TopKSection, TverskySection

NOTHING = {"cross_entropy": None, "dice": None}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (NOTHING, "another term of `loss` must be there"),
        ({"dice": {"weight": 0}}, "greater than 0"),
        ({"dice": {"smooth": 1e-9}}, "greater than or equal to"),
        ({"cross_entropy": {"class_weights": (0, 1)}}, "greater than 0"),
        ({"tversky": {"alpha": 0.0, "beta": 0.0}}, "must not both be 0"),
        ({"tversky": {"alpha": -0.1}}, "greater than or equal to 0"),
        ({"tversky": {"gamma": 0.0}}, "greater than or equal to 0.1"),
        ({"focal": {"gamma": -1.0}}, "greater than or equal to 0"),
        ({"top_k": {"share": 0.0}}, "greater than 0"),
        ({"top_k": {"share": 1.5}}, "less than or equal to 1"),
    ],
)
def test_a_loss_in_which_something_counts_for_nothing_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        LossSection(**values)


@pytest.mark.parametrize("key", ["tversky", "focal", "top_k"])
def test_one_term_of_any_kind_is_enough_and_has_defaults(key):
    section = LossSection(**NOTHING, **{key: {}})
    assert getattr(section, key).weight == 1


def test_the_defaults_are_those_of_the_papers():
    assert (TverskySection().alpha, TverskySection().beta, TverskySection().gamma) == (0.3, 0.7, 1)
    assert FocalSection().gamma == 2
    assert TopKSection().share == 0.1


def test_class_weights_are_a_word_or_a_list():
    given = LossSection(cross_entropy={"class_weights": (0.1, 1)})
    assert given.cross_entropy.class_weights == (0.1, 1.0)
    # A region is alone where a label has the background beside it.
    assert LossSection(focal={"class_weights": (2,)}).focal.class_weights == (2.0,)
    with pytest.raises(ValidationError, match="at least 1 item"):
        LossSection(cross_entropy={"class_weights": ()})


def test_the_class_weights_of_all_terms_are_told_by_their_keys():
    section = LossSection(focal={"class_weights": "dataset"}, top_k={"class_weights": (1, 2)})
    assert section.class_weights() == {
        "cross_entropy": "none",
        "focal": "dataset",
        "top_k": (1.0, 2.0),
    }
    assert LossSection(cross_entropy=None).class_weights() == {}


@pytest.mark.parametrize("name", ["abdomen", "brain_tumour", "hippocampus", "liver"])
def test_the_shipped_recipes_learn_by_cross_entropy_and_dice_alone(name):
    section = load_recipe(name).recipe.loss
    assert section == LossSection()


def test_a_term_that_is_off_is_switched_on_from_the_command_line():
    section = load_recipe("liver", ["loss.focal={}", "loss.top_k.share=0.2"]).recipe.loss
    assert section.focal == FocalSection() and section.top_k.share == 0.2
