"""One training run: from a recipe to a model folder, masks and a table."""

import csv
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kseg import __version__
from kseg.bundle import (
    ModelDescription,
    PredictDefaults,
    model_weights,
    read_model,
    transfer_weights,
    write_model,
)
from kseg.evaluate import Summary
from kseg.fit import Clock, FitSettings, FitState, Job, fit
from kseg.patches import PatchSettings, cases_of_step, make_stream, mirror_axes
from kseg.predict import WindowSettings
from kseg.recipe import LoadedRecipe, Recipe, recipe_to_yaml
from kseg.storage import FolderLock, make_folder, sha256_json, write_bytes, write_json, write_text
from kseg.workflow.augmentation import make_augmentation
from kseg.workflow.log import RunLog
from kseg.workflow.machine import (
    describe_environment,
    make_strategy,
    resolve_precision,
    use_precision,
    use_threads,
)
from kseg.workflow.material import Material, gather_material
from kseg.workflow.network import (
    Network,
    make_network,
    network_arguments,
    resolve_class_weights,
)
from kseg.workflow.scan import make_predictor
from kseg.workflow.validate import CachedValidation, validate_finally

AXES = ("z", "y", "x")


@dataclass(frozen=True)
class RunResult:
    """What a run ended with.

    Args:
        folder: the run folder.
        state: `FitState` at the end of training.
        summary: `Summary` of the validation, or None where no case validates.
        phantom: bool, whether the scans were synthetic.
    """

    folder: Path
    state: FitState
    summary: Summary | None
    phantom: bool


def train(
    loaded: LoadedRecipe, folder: Path, work: Path, tell: Callable[[str], object]
) -> RunResult:
    """Train a network by a recipe, or go on with a training that was interrupted.

    Args:
        loaded: `LoadedRecipe`.
        folder: the run folder.
        work: folder for caches and the phantom.
        tell: function of a sentence, for a person.

    Returns:
        `RunResult`.

    Raises:
        KsegError: if the data, the recipe or the folder cannot be used, or training diverges.
    """
    clock = Clock()
    make_folder(folder)
    with FolderLock(folder):
        log = RunLog(folder / "log.jsonl", tell)
        threads = use_threads(loaded.recipe.fit.threads)
        precision = resolve_precision(loaded.recipe.fit.precision)
        recipe = _with(loaded.recipe, "fit", precision=precision)
        use_precision(precision)
        log(f"{threads} threads, {precision}")
        write_bytes(folder / "recipe.yaml", loaded.path.read_bytes())
        write_json(folder / "environment.json", describe_environment(threads, precision))
        material = gather_material(loaded, work, log)
        state, network = _fit(loaded, recipe, material, folder, clock, log)
        _write_outcome(recipe, material, network, state, folder)
        log(f"model written to {folder / 'model'}", elapsed_seconds=clock.elapsed_seconds())
        summary = None
        if material.validation_cases:
            predictor = make_predictor(read_model(folder / "model"), threads=threads)
            summary = validate_finally(predictor, material, folder / "validation", log)
        log(final_line(recipe, material, summary, folder))
    return RunResult(folder, state, summary, material.dataset.phantom)


def final_line(recipe: Recipe, material: Material, summary: Summary | None, folder: Path) -> str:
    """Return the line that a run ends with: what was judged, how well, and where it lies."""
    name = material.dataset.name + (" (phantom)" if material.dataset.phantom else "")
    if summary is None:
        return f"{name}: trained on all cases, so nothing was validated -> {folder}"
    labels = ", ".join(
        f"{entry.label} {'-' if math.isnan(entry.dice.mean) else f'{entry.dice.mean:.4f}'}"
        for entry in summary.labels
    )
    return (
        f"{name}, fold {recipe.data.fold}: mean Dice {summary.mean_dice:.4f} ({labels}) "
        f"over {summary.cases} whole validation cases -> {folder}"
    )


def _fit(
    loaded: LoadedRecipe, recipe: Recipe, material: Material, folder: Path, clock: Clock, log
) -> tuple[FitState, Network]:
    """Build, start from `fit.init` if given, and train."""
    dataset, patches = material.dataset, recipe.patches
    settings = PatchSettings(
        tuple(patches.size), patches.batch, patches.foreground, recipe.fit.seed, patches.ram_bytes
    )
    augmentation = make_augmentation(
        recipe.augment, settings.size_zyx, material.plan.spacing_mm, dataset.label_names
    )
    class_weights = resolve_class_weights(recipe.loss, material.train)
    if not isinstance(class_weights, str):
        log(f"class weights: {', '.join(f'{weight:g}' for weight in class_weights)}")
    with make_strategy().scope():
        network = make_network(
            recipe, len(dataset.channels), len(dataset.label_names), class_weights
        )
    log(f"{recipe.model.name} of {network.model.count_params():,} weights")
    if loaded.init is not None:
        taken, fresh = transfer_weights(read_model(loaded.init), network.model, dataset.label_names)
        log(f"took {len(taken)} weights from {loaded.init}; {len(fresh)} start anew: {fresh}")
    validate = None
    if material.validation:
        validate = CachedValidation(
            material, _windows(recipe, dataset), recipe.predict.keep_largest
        )
    length = recipe.fit
    steps = length.epochs * length.steps_per_epoch if length.epochs else length.steps
    state = fit(
        Job(
            model=network.model,
            set_total_steps=network.schedule.set_total_steps,
            stream=lambda step: make_stream(
                material.train, settings, augmentation, start_step=step
            ),
            cases_of_step=lambda step: cases_of_step(material.train, settings, step),
            validate=validate,
            settings=FitSettings(
                steps=steps,
                budget_seconds=length.budget_seconds,
                steps_per_epoch=length.steps_per_epoch,
                validate_every_epochs=length.validate_every_epochs,
                patience_epochs=length.patience_epochs if validate else None,
            ),
            checkpoints=folder / "checkpoints",
            fingerprint=_fingerprint(recipe, material),
            clock=clock,
            log=log,
        )
    )
    return state, network


def _windows(recipe: Recipe, dataset) -> WindowSettings:
    """Return the sliding window of a recipe; mirrored only where the labels allow it."""
    predict = recipe.predict
    axes = mirror_axes(dataset.label_names) if predict.mirror else ()
    return WindowSettings(
        tuple(recipe.patches.size),
        predict.batch,
        predict.overlap,
        predict.blend,
        tuple(AXES.index(axis) for axis in axes),
    )


def _fingerprint(recipe: Recipe, material: Material) -> str:
    """Return a digest of all that must stay the same for a training to go on."""
    cases = [[case.id, case.folder.name] for case in (*material.train, *material.validation)]
    return sha256_json(
        {"kseg": __version__, "recipe": recipe.model_dump(mode="json"), "cases": cases}
    )


def _write_outcome(
    recipe: Recipe, material: Material, network: Network, state: FitState, folder: Path
) -> None:
    """Write history, effective recipe and model folder."""
    dataset, windows = material.dataset, _windows(recipe, material.dataset)
    write_text(folder / "history.csv", _history_csv(state))
    locked = recipe_to_yaml(_locked(recipe, material, state))
    write_text(folder / "recipe.lock.yaml", locked)
    description = ModelDescription(
        name=recipe.name,
        network=recipe.model.name,
        arguments=network_arguments(recipe.model),
        channels=dataset.channels,
        label_names=dataset.label_names,
        preprocess=material.plan,
        patch_size_zyx=windows.size_zyx,
        precision=recipe.fit.precision,
        predict=PredictDefaults(
            overlap=windows.overlap,
            blend=windows.blend,
            mirror_axes=windows.mirror_axes,
            keep_largest=recipe.predict.keep_largest,
            batch=windows.batch,
        ),
        reading=material.options,
        trained_on=dataset.name,
        phantom=dataset.phantom,
    )
    weights = {name: v.numpy() for name, v in model_weights(network.model).items()}
    write_model(folder / "model", description, weights)


def _locked(recipe: Recipe, material: Material, state: FitState) -> Recipe:
    """Return the recipe with every derived number in place of what it was derived from."""
    locked = _with(
        recipe,
        "fit",
        budget=None,
        epochs=None,
        steps=state.total_steps,
        validate_every_epochs=state.validate_every_epochs,
    )
    return _with(locked, "preprocess", spacing_mm=material.plan.spacing_mm)


def _with(recipe: Recipe, section: str, **changes) -> Recipe:
    """Return the recipe with some keys of one section changed."""
    changed = getattr(recipe, section).model_copy(update=changes)
    return recipe.model_copy(update={section: changed})


def _history_csv(state: FitState) -> str:
    """Return the finished epochs as a table; blank where nothing was measured."""
    columns = list(dict.fromkeys(name for row in state.history for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(state.history)
    return text.getvalue()
