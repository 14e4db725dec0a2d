import json

import pytest

from kseg.dataset import Case, DataSet
from kseg.errors import ManifestError
from kseg.recipe import load_recipe
from kseg.workflow.crossval_folds import plan_folds, spoken_folds
from tests.workflow.crossvals import planned
from tests.workflow.tiny import write_recipe


def fixed(root, *splits):
    """Return a data set whose cases have these splits."""
    cases = tuple(
        Case(f"c{number}", f"c{number}", (root / "a",), root / "b", split)
        for number, split in enumerate(splits)
    )
    return DataSet("demo", "table", root, cases, ("background", "x"), ("CT",))


def test_each_fold_has_the_recipe_that_kseg_fit_would_be_given(tmp_path):
    folds = planned(tmp_path).folds
    assert [fold.folder.name for fold in folds] == ["fold_0", "fold_1", "fold_2"]
    for fold in folds:
        given = load_recipe(tmp_path / "tiny.yaml", [f"data.fold={fold.number}"])
        section = given.recipe.data.model_copy(update={"root": fold.loaded.recipe.data.root})
        assert fold.loaded.recipe.data == section
        assert fold.loaded.origins["data.fold"] == "kseg crossval"
        assert not {case.id for case in fold.split.train} & set(fold.cases)
    assert sorted(case for fold in folds for case in fold.cases) == [f"case{n}" for n in range(6)]


def test_the_folds_of_a_data_set_come_before_those_of_the_recipe(tmp_path):
    loaded = load_recipe(write_recipe(tmp_path))
    folds = plan_folds(loaded, fixed(tmp_path, "1", "4", "1", "2"), tmp_path)
    assert [(fold.number, fold.cases) for fold in folds] == [
        (1, ("c0", "c2")), (2, ("c3",)), (4, ("c1",)),
    ]  # fmt: skip
    data = folds[-1].loaded.recipe.data
    assert (data.fold, data.folds) == (4, 5)
    assert folds[0].loaded.origins["data.folds"] == "kseg crossval"
    # What a run writes of such a fold can be read again.
    assert type(data).model_validate(json.loads(data.model_dump_json())) == data


def test_one_fixed_split_has_no_folds_to_go_through(tmp_path):
    loaded = load_recipe(write_recipe(tmp_path))
    with pytest.raises(ManifestError, match="one split into training and validation"):
        plan_folds(loaded, fixed(tmp_path, "train", "validation", "test"), tmp_path)


def test_years_are_no_numbers_of_folds(tmp_path):
    loaded = load_recipe(write_recipe(tmp_path))
    with pytest.raises(ManifestError, match="must be below 100. Received: 2021"):
        plan_folds(loaded, fixed(tmp_path, "2020", "2021"), tmp_path)


def test_more_folds_than_people_are_refused(tmp_path):
    with pytest.raises(ManifestError, match="a subject for each of the 9 folds"):
        planned(tmp_path, "data.folds=9")


@pytest.mark.parametrize(
    ("numbers", "words"),
    [([2], "fold 2"), ([0, 3], "folds 0 and 3"), ([0, 1, 2], "folds 0, 1 and 2")],
)
def test_numbers_of_folds_are_told_in_words(numbers, words):
    assert spoken_folds(numbers) == words
