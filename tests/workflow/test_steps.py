import pytest

from kseg.errors import RecipeError
from kseg.recipe import AugmentSection
from kseg.workflow.steps import check_steps, plugged_steps
from tests.workflow.others import PLACE


def section(**steps):
    plugins = {word: {"name": f"{PLACE}:{name}"} for word, name in steps.items()}
    return AugmentSection(plugins=plugins)


def test_steps_come_in_the_order_of_the_recipe():
    made = plugged_steps(section(one="of_the_brightest", two="still"))
    assert [step.name for step in made] == [f"{PLACE}:of_the_brightest", f"{PLACE}:still"]
    assert plugged_steps(AugmentSection()) == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [("needs_a_key", "cannot be made so: KeyError: 'dilations'"), ("Mean", "has no|breaks|must")],
)
def test_a_step_that_cannot_be_made_is_told_with_whose_it_is(name, said):
    with pytest.raises(RecipeError, match=f"the step `.*:{name}` of tests .*({said})"):
        check_steps(section(one=name), (4, 4, 4), 1, 2)


def test_a_step_is_tried_on_a_patch_of_one_value_too():
    with pytest.raises(RecipeError, match="of a patch that is 0 everywhere: it must keep the imag"):
        check_steps(section(one="of_the_brightest"), (4, 4, 4), 1, 2)
