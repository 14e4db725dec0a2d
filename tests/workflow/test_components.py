import sys

import pytest

from kseg.errors import RecipeError
from kseg.recipe import Recipe
from kseg.workflow.components import check_components, plugin_packages
from tests.plugins.packages import install

BASE = {"kseg": 1, "name": "a", "fit": {"steps": 1}}


@pytest.fixture
def theirs(tmp_path, monkeypatch):
    groups = "[kseg.losses]\nL = their_parts:Loss\n[kseg.models]\nnet = their_parts:net\n"
    install(tmp_path, "their-parts", "their_parts", groups)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("their_parts", None)


def recipe(**sections):
    return Recipe(**BASE, **sections)


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
