import re
from importlib.resources import files
from pathlib import Path

import pytest

from kseg.errors import RecipeError
from kseg.recipe import copy_recipe, find_recipe, list_recipes, load_recipe, shelf


def test_the_four_recipes_are_listed_with_a_title():
    listed = {recipe.name: recipe for recipe in list_recipes()}
    assert {"liver", "hippocampus", "abdomen", "brain_tumour"} <= set(listed)
    assert all(recipe.title for recipe in listed.values())


@pytest.mark.parametrize("recipe", list_recipes(), ids=lambda recipe: recipe.name)
def test_every_shipped_recipe_loads_and_has_a_comment_for_each_key(recipe):
    assert load_recipe(recipe.name).recipe.name == recipe.name
    for line in recipe.path.read_text(encoding="utf-8").splitlines():
        if re.match(r" *[A-Za-z_]+: \S", line):
            assert "  # " in line, line
        assert len(line) <= 100, line


def test_a_file_of_ones_own_goes_before_a_shipped_recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_recipe("liver").parent == shelf.recipe_folder()
    assert load_recipe("recipes/liver.yaml").origins["name"].startswith("shipped liver.yaml:")
    Path("recipes").mkdir()
    Path("recipes/liver.yaml").write_text("kseg: 1\nname: mine\nfit: {steps: 1}\n")
    loaded = load_recipe("recipes/liver.yaml")
    assert (loaded.recipe.name, loaded.origins["name"]) == ("mine", "recipes/liver.yaml:2")


def test_recipes_inside_the_package_are_found_first(tmp_path, monkeypatch):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "only.yaml").write_text("# Only one\nkseg: 1\n")
    monkeypatch.setattr(shelf, "files", lambda package: tmp_path)
    assert [(recipe.name, recipe.title) for recipe in list_recipes()] == [("only", "Only one")]
    assert files("kseg")


@pytest.mark.parametrize("name", ["elsewhere/liver.yaml", "/liver", "livre", ".", "x" * 5000])
def test_other_names_are_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RecipeError) as caught:
        find_recipe(name)
    assert "liver" in caught.value.fix


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("mine.yaml", "there is no such file. "),
        ("recipes/livr.yml", "there is no such file. "),
        ("scans/liver_ct", "there is no such file or folder. "),
        ("~/scans", "there is no such file or folder. "),
        ("livr", "there is no such file or folder, and no recipe of this name comes with kseg. "),
    ],
)
def test_a_path_that_leads_nowhere_is_told_as_a_missing_file_or_folder(
    name, why, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RecipeError) as caught:
        find_recipe(name)
    assert caught.value.why == f'{why}Received: "{name}".'
    assert ("Check the path" in caught.value.fix) == (name != "livr")
    assert ("Did you mean `liver`" in caught.value.fix) == ("livr" in name)


def test_a_copy_never_replaces_a_file(tmp_path):
    first = copy_recipe("liver", tmp_path)
    assert first == tmp_path / "liver.yaml"
    assert first.read_bytes() == find_recipe("liver").read_bytes()
    first.write_text("mine")
    with pytest.raises(RecipeError):
        copy_recipe("liver", tmp_path)
    assert first.read_text() == "mine"
    assert copy_recipe("liver", tmp_path / "new" / "a.yaml").is_file()
