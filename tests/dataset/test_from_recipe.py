import dataclasses

import pytest

from kseg.dataset.from_recipe import open_recipe_data
from kseg.errors import ManifestError
from kseg.recipe import load_recipe
from tests.workflow.tiny import write_data


def section(*words):
    return load_recipe("liver", ["data.source=auto", *words]).recipe.data


def test_the_cases_are_split_as_the_recipe_says(tmp_path):
    root = write_data(tmp_path / "data")
    opened = open_recipe_data(section("data.folds=3", "data.fold=1"), root, tmp_path)
    assert opened.dataset.name == "tiny"
    assert (len(opened.split.train), len(opened.split.validation)) == (4, 2)
    other = open_recipe_data(section("data.folds=3", "data.fold=2"), root, tmp_path)
    assert set(opened.split.validation).isdisjoint(other.split.validation)


def test_the_recipes_way_of_reading_doubtful_files_is_followed(tmp_path):
    root = write_data(tmp_path / "data")
    words = ["data.affine_from=qform", "data.assume_orientation=LPS", "data.nonfinite=replace"]
    options = open_recipe_data(section(*words), root, tmp_path).options
    assert dataclasses.astuple(options) == ("qform", "LPS", "replace", (), None)


def test_labels_are_joined_as_the_recipe_says(tmp_path):
    root = write_data(tmp_path / "data")
    opened = open_recipe_data(section("data.labels={body: [organ, 2]}"), root, tmp_path)
    assert opened.dataset.label_names == ("background", "body")
    assert opened.options.joined == (0, 1, 1)
    with pytest.raises(ManifestError, match="lesions"):
        open_recipe_data(section("data.labels={body: [lesions]}"), root, tmp_path)


def test_the_phantom_is_drawn_with_the_cases_and_seed_of_the_recipe(tmp_path):
    words = ["data.source=phantom", "data.phantom.cases=2", "data.folds=2"]
    opened = open_recipe_data(section(*words), None, tmp_path)
    assert opened.dataset.phantom and len(opened.dataset.cases) == 2


def test_a_recipe_without_data_is_refused(tmp_path):
    with pytest.raises(ManifestError, match="must be given"):
        open_recipe_data(section(), None, tmp_path)
