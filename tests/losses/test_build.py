import keras
import pytest

from kseg.errors import RecipeError
from kseg.losses import RegionCrossEntropy, SoftDice, Tversky, build
from kseg.losses.build import TERMS


def test_every_argument_reaches_its_loss():
    overlap = {"per": "batch", "background": True, "smooth": 0.1}
    terms = {
        "cross_entropy": {"weight": 0.5, "class_weights": [1.0, 2.0]},
        "dice": {"weight": 3.0, **overlap},
        "tversky": {"weight": 0.25, "alpha": 0.2, "beta": 0.9, "gamma": 2.0, **overlap},
        "focal": {"weight": 1.5, "gamma": 3.0, "class_weights": "batch"},
        "top_k": {"weight": 2.5, "share": 0.3, "class_weights": [3.0, 4.0]},
    }
    loss = build(terms, ignore_label=255)
    assert len(loss.terms) == len(TERMS)
    for (name, arguments), (term, weight) in zip(terms.items(), loss.terms, strict=True):
        config = {**term.get_config(), "weight": weight}
        assert type(term) is TERMS[name] and term.ignore_label == 255
        assert {key: config[key] for key in arguments} == arguments


def test_the_order_of_the_terms_is_always_the_same():
    one = build({"dice": {}, "cross_entropy": {}})
    other = build({"cross_entropy": {}, "dice": {}})
    assert one.get_config() == other.get_config()


def test_a_term_that_is_none_is_left_out():
    loss = build({"cross_entropy": {}, "dice": None})
    assert [(term.name, weight) for term, weight in loss.terms] == [("cross_entropy", 1.0)]


@pytest.mark.parametrize("terms", [{}, {"dice": None}, {"dice": {}, "hinge": {}}])
def test_a_sum_of_nothing_or_of_unknown_terms_is_refused(terms):
    with pytest.raises(ValueError, match="`terms` must hold one or more of cross_entropy, dice"):
        build(terms)


def test_an_unknown_argument_is_refused_with_its_term():
    with pytest.raises(ValueError, match="must give `dice` arguments of SoftDice.*alpha"):
        build({"dice": {"alpha": 1.0}})


def test_equal_class_weights_have_a_name_in_recipes():
    ((cross_entropy, _),) = build({"cross_entropy": {"class_weights": "none"}}).terms
    assert cross_entropy.class_weights is None


def test_regions_make_the_cross_entropy_that_of_regions_and_reach_every_term():
    terms = {"cross_entropy": {"class_weights": (1.0, 2.0)}, "dice": {}, "tversky": {}}
    loss = build(terms, ignore_label=3, regions=[[1, 2], [2]])
    assert [type(term) for term, _ in loss.terms] == [RegionCrossEntropy, SoftDice, Tversky]
    assert all(term.regions == [[1, 2], [2]] and term.ignore_label == 3 for term, _ in loss.terms)
    assert loss.terms[0][0].region_weights == [1.0, 2.0]


@pytest.mark.parametrize("name", ["focal", "top_k"])
def test_a_term_without_a_form_for_regions_is_refused(name):
    with pytest.raises(ValueError, match="among cross_entropy, dice, tversky with `regions`"):
        build({name: {}}, regions=[[1]])


def test_a_term_of_another_package_is_told_of_regions_or_refused():
    plugin = {"weight": 1.0, "args": {}}
    loss = build({"plugins": {"a": {"name": "SoftDice", **plugin}}}, regions=[[1]])
    assert loss.terms[0][0].regions == [[1]]
    with pytest.raises(RecipeError, match="no argument `regions`"):
        build({"plugins": {"a": {"name": "FocalCrossEntropy", **plugin}}}, regions=[[1]])


@pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="the parts that fail are written in TensorFlow"
)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tests.workflow.others:needs_a_key", "of tests cannot be made so: KeyError: 'dilations'"),
        ("tests.workflow.others:still", "of tests must be a keras.losses.Loss"),
    ],
)
def test_a_term_of_another_package_that_fails_is_told_with_whose_it_is(name, said):
    with pytest.raises(RecipeError, match=said):
        build({"plugins": {"a": {"name": name, "weight": 1.0, "args": {}}}})
