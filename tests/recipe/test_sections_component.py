import pytest
from pydantic import BaseModel, ValidationError

from kseg.recipe.sections_component import LossTermSection, component_name


def test_a_term_has_a_name_a_weight_and_arguments():
    section = LossTermSection(name="SoftDice", args={"per": "batch", "background": True})
    assert section.weight == 1.0 and section.args["per"] == "batch"
    assert LossTermSection(name="SoftDice").args == {}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "SoftDise"}, "there is no loss called `SoftDise`"),
        ({"name": "SoftDise"}, "did you mean `SoftDice`"),
        ({"name": "unet"}, "is a model, not a loss"),
        ({"name": "nowhere_at_all:Loss"}, "which is not installed"),
        ({"name": "SoftDice", "weight": 0.0}, "greater than 0"),
        ({"name": "SoftDice", "args": {"a": {"b": 1}}}, "args"),
        ({"name": "SoftDice", "arg": {}}, "Extra inputs"),
    ],
)
def test_what_is_not_right_is_refused(values, said):
    with pytest.raises(ValidationError) as caught:
        LossTermSection(**values)
    assert said in str(caught.value)


def test_numbers_words_truth_values_and_lists_keep_their_types():
    given = {"a": 1, "b": 1.0, "c": True, "d": "1", "e": (1, 2.5, "x")}
    taken = LossTermSection(name="SoftDice", args=given).args
    assert taken == given and [type(value) for value in taken.values()] == [
        int, float, bool, str, tuple,
    ]  # fmt: skip


def test_names_of_another_kind_can_be_checked_too():
    from typing import Annotated

    class Holder(BaseModel):
        net: Annotated[str, component_name("models")]

    assert Holder(net="unet").net == "unet"
    with pytest.raises(ValidationError, match="there is no model called `unte`"):
        Holder(net="unte")
