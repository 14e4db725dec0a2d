"""From the recipe's data section to cached, checked, split cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kseg.dataset import (
    Case,
    DataSet,
    ReadOptions,
    Split,
    check_cases,
    open_recipe_data,
    refuse_all,
)
from kseg.errors import RecipeError
from kseg.evaluate import EvaluateSettings, evaluated_labels
from kseg.preprocess import (
    CachedCase,
    PreprocessPlan,
    build_cache,
    make_plan,
    measure_fingerprint,
    prune_cache,
)
from kseg.recipe import LoadedRecipe, PreprocessSection
from kseg.words import counted
from kseg.workflow.judging import judging
from kseg.workflow.leaks import refuse_absent_labels, refuse_copies
from kseg.workflow.log import RunLog
from kseg.workflow.targets import check_told
from kseg.workflow.trial import try_parts

# Beyond this the entries that were not used for the longest time make room.
CACHE_LIMIT_BYTES = 100_000_000_000


@dataclass(frozen=True)
class Material:
    """All that training and validation read.

    Args:
        dataset: `DataSet`.
        plan: `PreprocessPlan`, from the training cases alone.
        options: `ReadOptions`.
        judging: `EvaluateSettings`.
        train: cached training cases.
        validation_cases: validation cases, files.
        validation: the same, cached.
    """

    dataset: DataSet
    plan: PreprocessPlan
    options: ReadOptions
    judging: EvaluateSettings
    train: tuple[CachedCase, ...]
    validation_cases: tuple[Case, ...]
    validation: tuple[CachedCase, ...]


def gather_material(loaded: LoadedRecipe, work: Path, log: RunLog) -> Material:
    """Open, check, split, measure and cache the data of a recipe.

    Args:
        loaded: `LoadedRecipe`.
        work: folder for caches and the phantom.
        log: `RunLog`.

    Returns:
        `Material`.

    Raises:
        ManifestError, VolumeError: with every case that cannot be used.
    """
    dataset, split, options = _open(loaded, work, log)
    check_told(loaded, dataset)
    _check_class_weights(loaded, dataset)
    try_parts(loaded.recipe, dataset)
    settings = judging(loaded.recipe.evaluate, dataset.targets, loaded.path)
    cases = (*split.train, *split.validation)
    _check(dataset, split, options, log)
    plan = _plan(loaded.recipe.preprocess, dataset, split.train, options, work, log)
    cached = build_cache(
        cases,
        plan,
        work,
        label_names=dataset.label_names,
        options=options,
        progress=lambda done, total, case: log.progress(done, total, f"preparing {case}"),
        note=log,
    )
    prune_cache(work, CACHE_LIMIT_BYTES, in_use=cached)
    count = len(split.train)
    refuse_copies(cached[:count], cached[count:], dataset.root)
    train, validation = cached[:count], cached[count:]
    return Material(dataset, plan, options, settings, train, split.validation, validation)


def _open(loaded: LoadedRecipe, work: Path, log: RunLog) -> tuple[DataSet, Split, ReadOptions]:
    opened = open_recipe_data(loaded.recipe.data, loaded.data_root, work)
    dataset, split = opened.dataset, opened.split
    if dataset.phantom:
        log.mark = "phantom: "
    log(_data_line(dataset, len(split.train), len(split.validation)))
    return dataset, split, opened.options


def _check(dataset: DataSet, split: Split, options: ReadOptions, log: RunLog) -> None:
    """Look at every header; refuse with all reasons, and tell what was noted or repaired."""
    findings = list(dataset.findings)
    findings += check_cases(
        (*split.train, *split.validation),
        dataset.label_names,
        dataset.channels,
        options=options,
        split=split,
        progress=lambda done, total, case: log.progress(done, total, f"checking {case}"),
    )
    refuse_all(findings)
    for finding in findings:
        file = _within(finding.file, dataset.root)
        log(f"{finding.severity}  {file}: {finding.why}", code=finding.code)


def _within(file: str, root: Path) -> Path:
    """Return a file's place in its data set: the log travels, and folders may tell of patients."""
    path, home = Path(file), root if root.is_dir() else root.parent
    return path.relative_to(home) if path.is_relative_to(home) else Path(path.name)


def _plan(
    section: PreprocessSection,
    dataset: DataSet,
    train: Sequence[Case],
    options: ReadOptions,
    work: Path,
    log: RunLog,
) -> PreprocessPlan:
    """Measure the training cases and decide what every scan goes through."""
    fingerprint = measure_fingerprint(
        train,
        work,
        channels=dataset.channels,
        label_names=dataset.label_names,
        crop=section.crop,
        options=options,
        progress=lambda done, total, case: log.progress(done, total, f"measuring {case}"),
    )
    labels = evaluated_labels(dataset.label_names, dataset.regions)
    refuse_absent_labels(labels, fingerprint.label_voxels, dataset.root)
    return make_plan(
        fingerprint,
        spacing_mm=section.spacing_mm,
        crop=section.crop,
        intensity=section.intensity,
        channels=dataset.channels,
    )


def _check_class_weights(loaded: LoadedRecipe, dataset: DataSet) -> None:
    """Refuse a list of class weights that is not as long as the list of labels, or of regions."""
    names = dataset.label_names if dataset.regions is None else dataset.targets
    for key, weights in loaded.recipe.loss.class_weights().items():
        if not isinstance(weights, str) and len(weights) != len(names):
            raise RecipeError(
                why=f"loss.{key}.class_weights: must hold one weight for each of "
                f"{', '.join(names)}. Received: {list(weights)}",
                file=loaded.path,
                fix="give one weight for each of these, in this order",
                code="KS-F09",
            )


def _data_line(dataset: DataSet, train: int, validation: int) -> str:
    kind = " (phantom: synthetic scans)" if dataset.phantom else ""
    trained = counted(train, "case trains", "cases train")
    judged = counted(validation, "validates", "validate") if validation else ""
    return f"{dataset.name}{kind}: {trained}, {judged or 'none validates (fold: all)'}"
