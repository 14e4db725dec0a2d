"""The folds of a cross-validation: for each its recipe, its cases, and its run folder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kseg.dataset import DataSet, Split, fold_numbers, split_cases
from kseg.errors import ManifestError, RecipeError
from kseg.evaluate import EvaluateSettings
from kseg.recipe import MOST_FOLDS, LoadedRecipe
from kseg.workflow.outcome import change

FOLD_PREFIX = "fold_"
# What `recipe.origins.json` of a fold names as the origin of its number.
ORIGIN = "kseg crossval"


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold: a run of its own.

    Args:
        number: int, as the recipe's `data.fold`.
        folder: its run folder.
        loaded: `LoadedRecipe` that trains on all other folds.
        split: `Split` of the cases.
    """

    number: int
    folder: Path
    loaded: LoadedRecipe
    split: Split

    @property
    def name(self) -> str:
        """What it is called."""
        return f"fold {self.number}"

    @property
    def cases(self) -> tuple[str, ...]:
        """Ids of the cases that it validates."""
        return tuple(case.id for case in self.split.validation)


@dataclass(frozen=True, eq=False)
class Crossval:
    """A cross-validation, before any of its folds begins.

    Args:
        loaded: `LoadedRecipe`; its `data.fold` is not read.
        folder: folder of the cross-validation.
        dataset: `DataSet`.
        cases: ids of all cases that are to be validated.
        settings: `EvaluateSettings` of their scores.
        folds: tuple of `Fold`.
        engine: str, what runs the folds.
        workers: int, how many of them at a time.
    """

    loaded: LoadedRecipe
    folder: Path
    dataset: DataSet
    cases: tuple[str, ...]
    settings: EvaluateSettings
    folds: tuple[Fold, ...]
    engine: str = "local"
    workers: int = 1


def plan_folds(loaded: LoadedRecipe, dataset: DataSet, folder: Path) -> tuple[Fold, ...]:
    """Return the folds of a recipe, or those that its data set fixes.

    Args:
        loaded: `LoadedRecipe`; its `data.fold` is not read.
        dataset: `DataSet`.
        folder: folder of the cross-validation.

    Returns:
        tuple of `Fold`.

    Raises:
        ManifestError: if the data set cannot be split so.
    """
    section = loaded.recipe.data
    numbers = fold_numbers(dataset, section.folds)
    folds = max(numbers) + 1
    if folds > MOST_FOLDS:
        raise ManifestError(
            why=f"the numbers of folds must be below {MOST_FOLDS}. Received: {max(numbers)}",
            code="KS-E10",
            file=dataset.root,
            fix="number the folds 0, 1, 2, … in the column `split`",
        )
    return tuple(
        Fold(
            number,
            folder / f"{FOLD_PREFIX}{number}",
            _recipe_of(loaded, number, folds),
            split_cases(dataset, fold=number, folds=folds, seed=section.seed),
        )
        for number in numbers
    )


def refuse_digits(loaded: LoadedRecipe) -> None:
    """Refuse digits, which come with one split and without subjects.

    Args:
        loaded: `LoadedRecipe`.

    Raises:
        RecipeError: if the recipe learns digits.
    """
    if loaded.recipe.data.source == "digits":
        raise RecipeError(
            why="digits come split into training and test digits, so there are no folds to go "
            "through",
            file=loaded.path,
            fix="train on this split with `kseg fit`",
            code="KS-E10",
        )


def spoken_folds(numbers: Sequence[int]) -> str:
    """Return numbers of folds in words.

    Args:
        numbers: ints, at least one.

    Returns:
        str.

    Example:
        >>> spoken_folds([2]), spoken_folds([0, 1, 4])
        ('fold 2', 'folds 0, 1 and 4')
    """
    *most, last = map(str, numbers)
    return f"folds {', '.join(most)} and {last}" if most else f"fold {last}"


def _recipe_of(loaded: LoadedRecipe, number: int, folds: int) -> LoadedRecipe:
    changes = {"fold": number} | ({} if loaded.recipe.data.folds == folds else {"folds": folds})
    origins = {f"data.{key}": ORIGIN for key in changes}
    return replace(
        loaded,
        recipe=change(loaded.recipe, "data", **changes),
        origins={**loaded.origins, **origins},
    )
