"""What can be told before the first fold of a cross-validation begins, and then is told once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from kseg.dataset import DataSet, ReadOptions, RecipeData, Split, open_recipe_data
from kseg.errors import RunFolderError
from kseg.evaluate import EvaluateSettings, first_names
from kseg.recipe import LoadedRecipe
from kseg.words import counted
from kseg.workflow.changes import data_changes, impossible, recipe_changes, refuse_changes
from kseg.workflow.crossval_folds import FOLD_PREFIX, Fold, spoken_folds
from kseg.workflow.identity import data_identity, recipe_identity
from kseg.workflow.judging import judging
from kseg.workflow.log import RunLog
from kseg.workflow.material import check_class_weights, check_headers
from kseg.workflow.outcome import change
from kseg.workflow.result import spoken_name
from kseg.workflow.sitting import Begun, what_has_begun
from kseg.workflow.targets import check_told


def open_whole(loaded: LoadedRecipe, work: Path) -> RecipeData:
    """Open the data of a recipe with all their labelled cases on one side.

    Args:
        loaded: `LoadedRecipe`; its `data.fold` is not read.
        work: folder for caches and the phantom.

    Returns:
        `RecipeData`; cases that the data set keeps for a test are in no side of its split.

    Raises:
        ManifestError: if the data set cannot be used.
    """
    section = loaded.recipe.data.model_copy(update={"fold": "all"})
    return open_recipe_data(section, loaded.data_root, work)


def check_data(
    loaded: LoadedRecipe, opened: RecipeData, folds: Sequence[Fold], log: RunLog
) -> EvaluateSettings:
    """Refuse data, or a recipe that does not fit them, before any fold begins.

    Args:
        loaded: `LoadedRecipe`.
        opened: `RecipeData` of `open_whole`.
        folds: `Fold`s.
        log: `RunLog`, told what the data are and what was noted or repaired.

    Returns:
        `EvaluateSettings`.

    Raises:
        KsegError: with every case that cannot be used, or every key that does not fit.
    """
    dataset, cases = opened.dataset, opened.split.train
    sizes = [str(len(fold.cases)) for fold in folds]
    each = f"{sizes[0]} each" if len(set(sizes)) == 1 else ", ".join(sizes)
    told = f"{counted(len(cases), 'case')} in {counted(len(folds), 'fold')} of {each}"
    log(f"{spoken_name(dataset)}: {told}")
    tests = [case.id for case in dataset.cases if case.split == "test"]
    if tests:
        log(f"in no fold, as the data set keeps them for a test: {first_names(tests)}")
    check_told(loaded, dataset)
    check_class_weights(loaded, dataset)
    settings = judging(loaded.recipe.evaluate, dataset.targets, loaded.path)
    check_headers(dataset, Split(cases, ()), opened.options, log)
    return settings


def refuse_other_folds(folder: Path, folds: Sequence[Fold]) -> None:
    """Refuse a folder that holds a cross-validation with other folds than these.

    Args:
        folder: folder of the cross-validation.
        folds: `Fold`s.

    Raises:
        RunFolderError: if it holds folds that there are not.
    """
    known = {fold.folder.name for fold in folds}
    others = sorted(
        path.name
        for path in folder.glob(f"{FOLD_PREFIX}*")
        if path.is_dir() and path.name not in known
    )
    if others:
        raise RunFolderError(
            why=f"it holds {', '.join(others)} of a cross-validation with other folds than the "
            f"{len(folds)} of today",
            file=folder,
            fix="give another folder with --out",
            code="KS-G10",
        )


def refuse_changed(
    folds: Sequence[Fold],
    dataset: DataSet,
    options: ReadOptions,
    folder: Path,
    log: RunLog,
    *,
    accept: bool,
) -> None:
    """Refuse to go on by another recipe, or with other cases, than the folds began with.

    A fold looks at this itself when it starts, and at the bytes of its files too. But where some
    folds have begun and others have not, the others would start by the recipe of today.

    Args:
        folds: `Fold`s.
        dataset: `DataSet`.
        options: `ReadOptions`.
        folder: folder of the cross-validation.
        log: `RunLog`.
        accept: bool, whether to go on with what may be gone on with.

    Raises:
        RunFolderError: with the list of what changed and in which folds.
    """
    begun = {fold: found for fold in folds if (found := what_has_begun(fold.folder)) is not None}
    now = {fold: _identity(fold, found, dataset, options) for fold, found in begun.items()}
    changes = _together(
        begun,
        lambda fold: [
            *recipe_changes(begun[fold].identity, now[fold]),
            *data_changes(begun[fold].identity, now[fold]),
        ],
    )
    reasons = _together(
        begun, lambda fold: impossible(begun[fold].identity, now[fold], begun[fold].trained_on)
    )
    refuse_changes(changes, reasons, accept, folder)
    if changes:
        numbers = [fold.number for fold in begun]
        log(f"{spoken_folds(numbers)} began otherwise, which was accepted: {'; '.join(changes)}")


def _identity(
    fold: Fold, begun: Begun, dataset: DataSet, options: ReadOptions
) -> Mapping[str, object]:
    """Return the identity of today; a case that was there before counts as unchanged."""
    before = begun.identity
    recipe = fold.loaded.recipe
    if recipe.fit.precision == "auto":
        # What it stands for was decided at the first step, perhaps on another machine.
        recipe = change(recipe, "fit", precision=before["recipe"]["fit.precision"])
    digests = {**before["train"], **before["validation"]}
    return recipe_identity(recipe) | data_identity(
        dataset.label_names,
        dataset.channels,
        {case.id: digests.get(case.id, "") for case in fold.split.train},
        {case.id: digests.get(case.id, "") for case in fold.split.validation},
        regions=None if dataset.regions is None else dataset.regions.to_dict(),
        reading=asdict(options),
    )


def _together(begun: Mapping[Fold, Begun], told: Callable[[Fold], Sequence[str]]) -> list[str]:
    """Return what is told of the folds, each sentence once, with the folds that it is true of."""
    found: dict[str, list[int]] = {}
    for fold in begun:
        for sentence in told(fold):
            found.setdefault(sentence, []).append(fold.number)
    return [
        sentence if len(numbers) == len(begun) else f"{spoken_folds(numbers)}: {sentence}"
        for sentence, numbers in found.items()
    ]
