"""Folders and tables of scans: cases, splits, and what is wrong with them."""

from kseg.dataset.cases import Case, DataSet
from kseg.dataset.check import check_cases
from kseg.dataset.from_recipe import RecipeData, open_recipe_data
from kseg.dataset.joined import join_labels, names_in_files, values_become
from kseg.dataset.open import open_dataset
from kseg.dataset.options import ReadOptions
from kseg.dataset.regions import Regions, make_regions
from kseg.dataset.report import refuse_all
from kseg.dataset.sources.phantom import PhantomSettings
from kseg.dataset.splits import Split, fold_numbers, split_cases

__all__ = [
    "Case",
    "DataSet",
    "PhantomSettings",
    "ReadOptions",
    "RecipeData",
    "Regions",
    "Split",
    "check_cases",
    "fold_numbers",
    "join_labels",
    "make_regions",
    "names_in_files",
    "open_dataset",
    "open_recipe_data",
    "refuse_all",
    "split_cases",
    "values_become",
]
