import pytest

from kseg.errors import RecipeError
from kseg.recipe import load_recipe
from tests.recipe.helpers import BASE, refused, write


@pytest.mark.parametrize("text", ["", "# only a comment\n", "- a\n- b\n", "3\n", "null\n"])
def test_a_file_without_keys_is_refused(tmp_path, text):
    lines, _ = refused(write(tmp_path, text))
    assert len(lines) == 1 and "mapping of keys" in lines[0]


def test_an_int_may_stand_for_a_float_and_a_list_becomes_a_tuple(tmp_path):
    recipe = load_recipe(write(tmp_path, BASE + "preprocess: {spacing_mm: [3, 2, 2]}\n")).recipe
    assert recipe.preprocess.spacing_mm == (3.0, 2.0, 2.0)
    assert all(type(value) is float for value in recipe.preprocess.spacing_mm)


def test_a_parent_is_merged_and_origins_name_file_and_line(tmp_path):
    write(tmp_path, BASE + "model:\n  depth: 3\n  filters: 8\npatches: {size: [16, 32, 32]}\n", "p")
    path = write(tmp_path, "extends: p\nname: b\nmodel:\n  filters: 4\n", "c.yaml")
    loaded = load_recipe(path, ["model.norm=batch"], {"fit.seed": 7})
    assert (loaded.recipe.name, loaded.recipe.model.depth, loaded.recipe.model.filters) == (
        "b", 3, 4,
    )  # fmt: skip
    assert loaded.origins["model.depth"] == f"{tmp_path / 'p'}:5"
    assert loaded.origins["model.filters"] == f"{path}:4"
    assert loaded.origins["model.norm"] == "--set"
    assert loaded.origins["fit.seed"] == "--seed"
    assert loaded.origins["model.dropout"] == "default"


def test_mistakes_in_a_parent_are_reported_with_its_own_place(tmp_path):
    parent = write(tmp_path, BASE + "model: {dpth: 3}\n", "p.yaml")
    path = write(tmp_path, "extends: p.yaml\nname: 3\n")
    lines, _ = refused(path)
    assert lines[0].startswith(f"{path}:2:7: name")
    assert lines[1].startswith(f"{parent}:4:9: model.dpth")


@pytest.mark.parametrize("name", ["liver", "liver.yaml", "recipes/liver.yaml"])
def test_a_shipped_recipe_can_be_extended_and_says_so(tmp_path, name):
    loaded = load_recipe(write(tmp_path, f"extends: {name}\nname: mine\n"))
    assert loaded.recipe.data.source == "phantom"
    assert loaded.origins["data.source"].startswith("shipped liver.yaml:")


def test_circles_of_parents_are_refused(tmp_path):
    write(tmp_path, "extends: b.yaml\n", "a.yaml")
    path = write(tmp_path, "extends: a.yaml\nname: b\n", "b.yaml")
    lines, _ = refused(path)
    assert len(lines) == 1
    assert "a.yaml:1:10: extends" in lines[0] and "lead back" in lines[0]


@pytest.mark.parametrize("value", ["nowhere", "3", "[liver]", "''", "x" * 5000])
def test_a_parent_that_is_not_there_is_refused(tmp_path, value):
    lines, _ = refused(write(tmp_path, f"extends: {value}\nmodel: {{depth: 99}}\n"))
    assert len(lines) == 2
    assert "extends" in lines[0] and "liver" in lines[0]


def test_data_on_the_command_line_lets_the_layout_be_recognised(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = load_recipe("liver", (), {"data.root": "scans"})
    assert (loaded.recipe.data.source, loaded.origins["data.source"]) == ("auto", "--data")
    assert loaded.data_root == tmp_path / "scans"
    assert loaded.recipe.data.root == "scans"
    named = load_recipe("liver", ["data.source=nnunet"], {"data.root": "scans"})
    assert named.recipe.data.source == "nnunet"


def test_paths_in_a_file_start_at_its_folder_and_tilde_is_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    (tmp_path / "sub").mkdir()
    text = BASE.replace("steps: 3", "steps: 3, init: ~/run") + "data: {root: ../scans}\n"
    write(tmp_path / "sub", text, "p.yaml")
    loaded = load_recipe(write(tmp_path, "extends: sub/p.yaml\n"))
    assert loaded.data_root == tmp_path / "sub" / ".." / "scans"
    assert str(loaded.init) == "/home/somebody/run"
    assert load_recipe(write(tmp_path, BASE)).data_root is None


def test_an_unknown_recipe_is_refused_with_the_nearest_name():
    with pytest.raises(RecipeError) as caught:
        load_recipe("livr")
    assert "`liver`" in caught.value.fix
