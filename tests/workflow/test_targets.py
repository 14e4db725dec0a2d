from pathlib import Path
from types import SimpleNamespace

import pytest

from kseg.dataset import DataSet, Regions
from kseg.errors import RecipeError
from kseg.recipe import Recipe
from kseg.workflow.targets import check_told, told_of

NAMES = ("background", "rim", "core")
REGIONS = Regions(("whole", "core"), ((1, 2), (2,)), (1, 2))


def dataset(**facts):
    return DataSet("brains", "nnunet", Path("data"), (), NAMES, ("MR",), **facts)


def loaded(**sections):
    recipe = Recipe(kseg=1, name="a", **{"fit": {"steps": 1}, **sections})
    return SimpleNamespace(recipe=recipe, path=Path("a.yaml"))


def test_losses_and_metrics_are_told_of_regions_and_of_what_to_ignore():
    assert told_of(dataset()) == {}
    assert told_of(dataset(regions=REGIONS, ignore=3)) == {
        "regions": [[1, 2], [2]],
        "ignore_label": 3,
    }


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"loss": {"focal": {}}}, "loss.focal: has no form for regions.*Write null"),
        ({"loss": {"top_k": {}}}, "loss.top_k: has no form"),
        ({"loss": {"dice": {"background": True}}}, "loss.dice.background: must be false"),
        ({"loss": {"tversky": {"background": True}}}, "loss.tversky.background"),
        ({"loss": {"cross_entropy": {"class_weights": "batch"}}}, "no shares of the voxels"),
        ({"fit": {"steps": 1, "metrics": ("voxel_accuracy",)}}, "must not hold voxel_accuracy"),
        (
            {"loss": {"plugins": {"mine": {"name": "FocalCrossEntropy"}}}},
            "loss.plugins.mine: the loss `FocalCrossEntropy` .* must take the argument `regions`",
        ),
        (
            {"fit": {"steps": 1, "metrics": ("keras.metrics:Mean",)}},
            "fit.metrics: the metric .* must take the argument `regions`, since regions are",
        ),
    ],
)  # fmt: skip
def test_what_has_no_form_for_regions_is_refused_with_advice(sections, said):
    with pytest.raises(RecipeError, match=said) as caught:
        check_told(loaded(**sections), dataset(regions=REGIONS))
    assert "what is learned of brains are whole, core" in caught.value.fix
    check_told(loaded(**sections), dataset())


def test_a_recipe_that_names_regions_is_refused_when_it_is_read():
    with pytest.raises(ValueError, match="`loss.focal` has no form for regions"):
        loaded(data={"regions": {"whole": (1, 2)}}, loss={"focal": {}})


def test_what_takes_the_arguments_is_let_through():
    sections = {
        "loss": {"plugins": {"mine": {"name": "Tversky"}}, "cross_entropy": None},
        "fit": {"steps": 1, "metrics": ("patch_dice", {"name": "CaseDice", "args": {"name": "b"}})},
    }
    check_told(loaded(**sections), dataset(regions=REGIONS, ignore=3))


def test_what_cannot_leave_voxels_out_is_refused():
    mine = loaded(fit={"steps": 1, "metrics": ("keras.metrics:Mean",)})
    with pytest.raises(RecipeError, match="`ignore_label`, since some voxels are to be ignored"):
        check_told(mine, dataset(ignore=3))
