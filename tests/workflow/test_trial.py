from pathlib import Path

import pytest

from kseg.dataset import DataSet, Regions
from kseg.errors import RecipeError
from kseg.recipe import Recipe
from kseg.workflow import trial
from kseg.workflow.trial import try_parts
from tests.workflow.others import PLACE

NAMES = ("background", "rim", "core")
REGIONS = Regions(("whole", "core"), ((1, 2), (2,)), (1, 2))
SMALL = {"depth": 2, "filters": 2, "deep_supervision": 1}


def tried(regions=None, **sections):
    given = {"fit": {"steps": 1}, "patches": {"size": (8, 8, 8)}, "model": SMALL, **sections}
    dataset = DataSet("brains", "nnunet", Path("data"), (), NAMES, ("MR",), regions=regions)
    try_parts(Recipe(kseg=1, name="a", **given), dataset)


def of(name, **more):
    return {"name": f"{PLACE}:{name}", **more}


def loss(name, **args):
    return {"plugins": {"a": of(name, args=args)}}


def test_parts_that_keep_their_contracts_are_let_through():
    tried(
        model=of("network"),
        loss=loss("Squares"),
        fit={"steps": 1, "metrics": ("patch_dice", f"{PLACE}:Mean")},
        augment={"plugins": {"a": of("still")}},
    )
    tried(model={"block": f"{PLACE}:Named", **SMALL})
    tried(model={"block": "Residual3DBlock", **SMALL})
    tried(loss={"plugins": {"a": {"name": "RegionCrossEntropy"}}}, regions=REGIONS)


def test_a_recipe_without_parts_of_others_costs_nothing(monkeypatch):
    monkeypatch.setattr(trial, "build_network", None)
    tried()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            of("nameless"),
            "model `.*nameless` of tests .* give each layer a name",
        ),
        ({"block": f"{PLACE}:Nameless", **SMALL}, r"give each layer a name \(down_0_0/conv3d"),
        (of("twins"), "no two weights may have the same name"),
        (
            of("needs_a_key"),
            "model `.*needs_a_key` of tests cannot be built: KeyError",
        ),
        ({"block": "Conv2DBlock", **SMALL}, "layer `Conv2DBlock` of kseg .* cannot be built"),
        (
            {"block": "DeconvBlock", **SMALL},
            "layer `DeconvBlock` of kseg .* it fails on a patch of shape",
        ),
        (of("two_outputs"), "must give logits of shape .* Received: None"),
        (of("halves"), r"\(1, 8, 8, 8, 3\) for a patch. Received: \(1, 4, 4, 4, 3\)"),
    ],
)
def test_a_network_that_cannot_be_built_or_opened_again_is_refused(model, said):
    with pytest.raises(RecipeError, match=said) as caught:
        tried(model=model)
    assert caught.value.code == "KS-F10"


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (loss("needs_a_key"), "loss `.*` of tests cannot be made so: KeyError"),
        (loss("still"), "must be a keras.losses.Loss"),
        (loss("Scalar"), "loss `.*Scalar` of tests .* must give one value per case"),
        (loss("Untraceable"), "loss `.*Untraceable` of tests .* it fails on labels and logits"),
    ],
)
def test_a_loss_that_would_fail_in_the_first_step_is_refused(section, said):
    with pytest.raises(RecipeError, match=said):
        tried(loss=section)


def test_a_loss_that_refuses_its_arguments_with_regions_is_refused_by_name():
    section = {"plugins": {"a": {"name": "SoftDice", "args": {"background": True}}}}
    with pytest.raises(RecipeError, match="loss `SoftDice` of kseg .* cannot be made so"):
        tried(loss=section, regions=REGIONS)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("needs_a_key", "metric `.*` of tests cannot be made so: KeyError"),
        ("Vector", r"metric `.*Vector` of tests .* must give one number. Received: shape \(2,\)"),
    ],
)
def test_a_metric_that_fills_no_column_is_refused(name, said):
    with pytest.raises(RecipeError, match=said):
        tried(fit={"steps": 1, "metrics": (f"{PLACE}:{name}",)})


def test_two_metrics_of_one_name_are_refused():
    with pytest.raises(RecipeError, match="Received: patch_dice, twice"):
        tried(fit={"steps": 1, "metrics": ("patch_dice", "CaseDice")})


def test_a_step_that_breaks_its_contract_is_refused():
    with pytest.raises(RecipeError, match="of_the_brightest` of tests breaks its contract"):
        tried(augment={"plugins": {"a": of("of_the_brightest")}})
