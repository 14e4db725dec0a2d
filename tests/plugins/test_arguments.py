import pytest

from kseg.errors import RecipeError
from kseg.plugins import bind_arguments, find_component, takes_argument


def refusal(kind, name, arguments, given=0):
    with pytest.raises(RecipeError) as caught:
        bind_arguments(find_component(kind, name), arguments, given)
    return caught.value


def test_arguments_that_fit_pass(their_package):
    bind_arguments(find_component("losses", "TheirLoss"), {"weight": 1, "smooth": 2.0})
    bind_arguments(find_component("models", "their_net"), {"width": 2, "anything": 1}, given=2)
    bind_arguments(find_component("losses", "Open"), {"anything": 1})
    bind_arguments(find_component("losses", "SoftDice"), {"per": "batch"})


def test_unknown_and_missing_arguments_are_told_together_with_the_nearest(their_package):
    error = refusal("losses", "TheirLoss", {"smoth": 1.0, "zzz": 2})
    assert "`TheirLoss` of their-parts 1.0 has no argument `smoth`, `zzz`" in error.why
    assert "needs the argument `weight`" in error.why and "it takes weight, smooth" in error.why
    assert "for `smoth` write `smooth`" in error.fix and "remove `zzz`" in error.fix
    assert error.code == "KS-F01"
    assert refusal("losses", "TheirLoss", {}).code == "KS-F02"


def test_what_kseg_hands_over_itself_cannot_be_given(their_package):
    error = refusal("models", "their_net", {"channels": 3}, given=2)
    assert "channels" in error.why and error.code == "KS-F02"
    assert refusal("models", "unet", {"channels": 3}, given=2).code == "KS-F01"


def test_a_class_that_tells_no_signature_is_left_to_its_call():
    bind_arguments(find_component("models", "builtins:dict"), {"anything": 1})


def test_an_argument_that_goes_on_by_kwargs_is_not_taken_for_named(their_package):
    open_class, loss = (find_component("losses", name) for name in ("Open", "TheirLoss"))
    assert takes_argument(loss, "smooth") and not takes_argument(loss, "regions")
    assert not takes_argument(open_class, "regions")
