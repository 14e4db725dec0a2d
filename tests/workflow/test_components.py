import sys

import pytest

from kseg.errors import RecipeError
from kseg.recipe import Recipe
from kseg.workflow.components import check_components, plugin_packages, plugin_versions
from tests.plugins.packages import CODE, install

MORE = """
import keras


def block(filters, kernel_size, strides, norm, dilations=(1,), name=None):
    pass


def fails(filters, kernel_size, strides):
    raise KeyError("filters")


def step(most):
    if most > 1:
        raise ValueError("most must be at most 1")
    return lambda image, labels, seed: (image, labels)


class Metric(keras.metrics.Mean):
    def __init__(self, name="theirs"):
        super().__init__(name=name)
"""
BASE = {"kseg": 1, "name": "a", "fit": {"steps": 1}}


@pytest.fixture
def theirs(tmp_path, monkeypatch):
    groups = (
        "[kseg.losses]\nL = their_parts:Loss\n[kseg.models]\nnet = their_parts:net\n"
        "[kseg.sources]\nscans = their_parts:net\n[kseg.layers]\nblock = their_parts:block\n"
        "fails = their_parts:fails\n"
        "[kseg.augment]\nstep = their_parts:step\n[kseg.metrics]\nM = their_parts:Metric\n"
    )
    install(tmp_path, "their-parts", "their_parts", groups, CODE + MORE)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("their_parts", None)


def recipe(**sections):
    return Recipe(**{**BASE, **sections})


def test_a_recipe_without_plug_ins_says_nothing():
    told = []
    check_components(recipe(), told.append)
    assert told == [] and plugin_packages(recipe()) == ()


def test_each_plug_in_is_told_and_its_arguments_are_checked(theirs):
    told = []
    mine = recipe(
        model={"name": "net", "args": {"width": 3}},
        loss={"plugins": {"one": {"name": "L", "args": {"weight": 2}}}},
    )
    check_components(mine, told.append)
    assert told == ["plug-in their-parts 1.0: model net", "plug-in their-parts 1.0: loss L"]
    assert plugin_packages(mine) == ("their-parts", "their-parts")
    with pytest.raises(RecipeError, match="needs the argument `weight`"):
        check_components(recipe(loss={"plugins": {"one": {"name": "L"}}}), told.append)


def test_keys_that_a_plug_in_does_not_read_are_refused(theirs):
    with pytest.raises(ValueError, match="is not read by `net`"):
        recipe(model={"name": "net", "depth": 3})
    with pytest.raises(ValueError, match="`args` is not read by `unet`"):
        recipe(model={"args": {"width": 3}})


def test_every_kind_of_part_is_told_and_has_a_version(theirs):
    told = []
    mine = recipe(
        data={"source": "scans", "source_args": {"classes": 2}},
        model={"block": "block", "block_args": {"dilations": (1, 2)}},
        augment={"plugins": {"mine": {"name": "step", "args": {"most": 1}}}},
        fit={"steps": 1, "metrics": ("patch_dice", "M")},
    )
    check_components(mine, told.append)
    kinds = ("source scans", "layer block", "augmentation step", "metric M")
    named = [f"plug-in their-parts 1.0: {kind}" for kind in kinds]
    deaf = "activation, model.dropout, model.use_bias, model.padding: they hold for the way up"
    assert [line for line in told if line in named] == named
    assert any(f"block does not take model.{deaf}" in line for line in told)
    assert ["layers", "their-parts/block", "1.0"] in plugin_versions(mine)["plugins"]
    assert plugin_versions(recipe()) == {}


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"model": {"block": "block", "block_args": {"dilation": 2}}}, "write `dilations`"),
        ({"model": {"block": "AttentionGate"}}, "cannot be a block of unet"),
        ({"augment": {"plugins": {"a": {"name": "step"}}}}, "needs the argument `most`"),
        ({"augment": {"plugins": {"a": {"name": "step", "args": {"most": 2}}}}}, "at most 1"),
        ({"data": {"source": "scans"}}, "needs the argument `classes`"),
        ({"fit": {"steps": 1, "metrics": ({"name": "M", "args": {"nam": "a"}},)}}, "no argument"),
        ({"fit": {"steps": 1, "metrics": ("M", "M2")}}, "no metric called `M2`"),
        ({"model": {"block": "keras.layers:SeparableConv2D"}}, "could not be opened again"),
    ],
)
def test_a_part_that_cannot_be_used_is_told_before_any_scan_is_read(theirs, sections, said):
    with pytest.raises((RecipeError, ValueError), match=said):
        check_components(recipe(**sections), lambda line: None)


def test_kseg_s_own_augmentation_is_no_plug_in():
    with pytest.raises(ValueError, match="`gamma` is kseg's own and has a key of its own"):
        recipe(augment={"plugins": {"a": {"name": "gamma"}}})


def test_parts_of_kseg_are_not_told_as_plug_ins():
    told = []
    mine = recipe(
        model={"block": "Conv3DBlock", "depth": 2, "deep_supervision": 1},
        loss={"plugins": {"a": {"name": "kseg.losses:SoftDice"}}},
    )
    check_components(mine, told.append)
    assert told == []


def test_what_the_data_set_tells_a_loss_or_a_metric_is_not_asked_of_the_recipe():
    check_components(recipe(loss={"plugins": {"a": {"name": "RegionCrossEntropy"}}}), str)


def test_keys_of_the_kernels_that_a_block_does_not_take_are_told(theirs):
    told = []
    model = {"block": "block", "l2": 0.1, "kernel_initializer": "he_leaky", "initial_bias": 0.5}
    check_components(recipe(model=model), told.append)
    assert "model.kernel_initializer, model.initial_bias, model.l2: they hold" in told[-1]
    check_components(recipe(model={"block": "block"}), told.append)
    assert "kernel_initializer" not in told[-1] and "model.l2" not in told[-1]
    check_components(recipe(model={**model, "block": "Conv3DBlock"}), (told := []).append)
    assert told == []


def test_code_that_fails_while_a_block_is_made_is_told_with_whose_it_is(theirs):
    with pytest.raises(RecipeError, match="layer `fails` of their-parts 1.0 .* made so: KeyError"):
        check_components(recipe(model={"block": "fails"}), str)
