"""From the recipe's data section to cached, checked, split cases."""

from dataclasses import dataclass
from pathlib import Path

from kseg.dataset import (
    Case,
    DataSet,
    PhantomSettings,
    ReadOptions,
    check_cases,
    open_dataset,
    refuse_all,
    split_cases,
)
from kseg.preprocess import (
    CachedCase,
    PreprocessPlan,
    build_cache,
    make_plan,
    measure_fingerprint,
    prune_cache,
)
from kseg.recipe import DataSection, LoadedRecipe
from kseg.workflow.log import RunLog

# Beyond this the entries that were not used for the longest time make room.
CACHE_LIMIT_BYTES = 100_000_000_000


@dataclass(frozen=True)
class Material:
    """All that training and validation read.

    Args:
        dataset: `DataSet`.
        plan: `PreprocessPlan`, from the training cases alone.
        options: `ReadOptions`.
        train: cached training cases.
        validation_cases: validation cases, files.
        validation: the same, cached.
    """

    dataset: DataSet
    plan: PreprocessPlan
    options: ReadOptions
    train: tuple[CachedCase, ...]
    validation_cases: tuple[Case, ...]
    validation: tuple[CachedCase, ...]


def read_options(section: DataSection) -> ReadOptions:
    """Return how the recipe wants doubtful files read."""
    return ReadOptions(section.affine_from, section.assume_orientation, section.nonfinite)


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
    recipe, section = loaded.recipe, loaded.recipe.data
    options = read_options(section)
    dataset = open_dataset(
        loaded.data_root,
        source=section.source,
        work=work,
        phantom=PhantomSettings(section.phantom.cases, section.phantom.seed),
    )
    split = split_cases(dataset, fold=section.fold, folds=section.folds, seed=section.seed)
    log(_data_line(dataset, len(split.train), len(split.validation)))
    cases = (*split.train, *split.validation)
    findings = (*dataset.findings, *check_cases(
        cases, dataset.label_names, dataset.channels, options=options, split=split
    ))  # fmt: skip
    refuse_all(findings)
    for finding in findings:
        log(f"{finding.severity}  {finding.file}: {finding.why}", code=finding.code)
    fingerprint = measure_fingerprint(
        split.train,
        work,
        channels=dataset.channels,
        label_names=dataset.label_names,
        crop=recipe.preprocess.crop,
        options=options,
        progress=lambda done, total, case: log.progress(done, total, f"measuring {case}"),
    )
    plan = make_plan(
        fingerprint,
        spacing_mm=recipe.preprocess.spacing_mm,
        crop=recipe.preprocess.crop,
        intensity=recipe.preprocess.intensity,
        channels=dataset.channels,
    )
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
    return Material(dataset, plan, options, cached[:count], split.validation, cached[count:])


def _data_line(dataset: DataSet, train: int, validation: int) -> str:
    kind = " (phantom: synthetic scans)" if dataset.phantom else ""
    judged = f"{validation} validate" if validation else "none validates (fold: all)"
    return f"{dataset.name}{kind}: {train} cases train, {judged}"
