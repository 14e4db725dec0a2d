"""From the data section of a recipe to its cases, their split and how they are read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kseg.dataset.cases import DataSet
from kseg.dataset.joined import joined_values
from kseg.dataset.open import open_dataset
from kseg.dataset.options import ReadOptions
from kseg.dataset.regions import make_regions
from kseg.dataset.sources.phantom import PhantomSettings
from kseg.dataset.splits import Split, split_cases

if TYPE_CHECKING:
    # Recipes take a quarter of a second to import, and most who open data have none.
    from kseg.recipe import DataSection


@dataclass(frozen=True)
class RecipeData:
    """What the data section of a recipe stands for.

    Args:
        dataset: `DataSet`.
        split: `Split` into training and validation cases.
        options: `ReadOptions`, how doubtful files are read.
    """

    dataset: DataSet
    split: Split
    options: ReadOptions


def open_recipe_data(
    section: DataSection, root: Path | None, work: str | Path, *, incomplete: bool = False
) -> RecipeData:
    """Open the data set that a recipe names and split it as the recipe says.

    Args:
        section: `DataSection`.
        root: absolute path of the folder or table, or None for the phantom.
        work: folder for caches, where the phantom is written on first use.
        incomplete: bool, go on although files are missing; see `open_dataset`.

    Returns:
        `RecipeData`.

    Raises:
        ManifestError: if the data set cannot be used or split so.

    Example:
        >>> from kseg.recipe import DataSection
        >>> open_recipe_data(DataSection(), None, "work")
        Traceback (most recent call last):
            ...
        kseg.errors.ManifestError: a folder or table of cases must be given ...
    """
    dataset = open_dataset(
        root,
        source=section.source,
        work=work,
        phantom=PhantomSettings(section.phantom.cases, section.phantom.seed),
        source_args=section.source_args,
        incomplete=incomplete,
    )
    dataset, joined = _with_labels(dataset, section)
    split = split_cases(dataset, fold=section.fold, folds=section.folds, seed=section.seed)
    options = ReadOptions(
        section.affine_from, section.assume_orientation, section.nonfinite, joined, dataset.ignore
    )
    return RecipeData(dataset, split, options)


def _with_labels(dataset: DataSet, section: DataSection) -> tuple[DataSet, tuple[int, ...]]:
    """Return the data set with the labels of the recipe, and what each value in its files becomes.

    Labels that no region holds become background, and the value to ignore stays the last.
    """
    in_files = range(len(dataset.label_names))
    becomes, names, regions = tuple(in_files), dataset.label_names, dataset.regions
    if section.labels is not None:
        becomes = joined_values(section.labels, names, dataset.root)
        names, regions = ("background", *section.labels), None
    if section.regions is not None:
        order = section.regions_class_order
        regions = make_regions(section.regions, order, names, dataset.root)
    if regions is not None:
        held = {label for region in regions.labels for label in region}
        becomes = tuple(label if label in held else 0 for label in becomes)
    ignore = None if dataset.ignore is None else len(names)
    if becomes == tuple(in_files) and ignore == dataset.ignore:
        becomes = ()
    elif ignore is not None:
        becomes = (*becomes, ignore)
    learned = {"label_names": names, "regions": regions, "ignore": ignore}
    if section.labels is not None or regions is not None:
        # Whoever judges the masks of a run needs to know what the true masks held.
        learned["value_names"] = dataset.label_names
    return replace(dataset, **learned), becomes
