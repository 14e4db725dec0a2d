"""From a recipe and its data to a training that can be started."""

from pathlib import Path

from kseg import __version__
from kseg.bundle import read_model, transfer_weights
from kseg.fit import Clock, FitSettings, Job
from kseg.patches import PatchSettings, cases_of_step, make_streams
from kseg.recipe import FitSection, LoadedRecipe, Recipe
from kseg.storage import sha256_json
from kseg.workflow.augmentation import check_steps, make_augmentation
from kseg.workflow.components import plugin_versions
from kseg.workflow.log import RunLog
from kseg.workflow.loss import resolve_class_weights
from kseg.workflow.machine import make_strategy
from kseg.workflow.material import Material
from kseg.workflow.network import Network, make_network
from kseg.workflow.targets import told_of
from kseg.workflow.validate import CachedValidation
from kseg.workflow.windows import window_settings


def make_job(
    recipe: Recipe, material: Material, network: Network, folder: Path, clock: Clock, log: RunLog
) -> Job:
    """Put together what `kseg.fit.fit` needs.

    Args:
        recipe: `Recipe`, its precision resolved.
        material: `Material`.
        network: `Network`.
        folder: the run folder.
        clock: `Clock`, started at the first read of data.
        log: `RunLog`.

    Returns:
        `Job`.
    """
    patches, dataset = recipe.patches, material.dataset
    settings = PatchSettings(
        tuple(patches.size), patches.batch, patches.foreground, recipe.fit.seed, patches.ram_bytes
    )
    channels, labels = len(dataset.channels), len(dataset.label_names)
    check_steps(recipe.augment, settings.size_zyx, channels, labels)
    augmentation = make_augmentation(
        recipe.augment, settings.size_zyx, material.plan.spacing_mm, dataset.names
    )
    validate = None
    if material.validation:
        windows = window_settings(recipe, dataset.names)
        validate = CachedValidation(material, windows, recipe.predict.keep_largest)
    return Job(
        model=network.model,
        set_total_steps=network.schedule.set_total_steps,
        stream=make_streams(material.train, settings, augmentation),
        cases_of_step=lambda step: cases_of_step(material.train, settings, step),
        validate=validate,
        settings=fit_settings(recipe.fit, can_validate=validate is not None),
        checkpoints=folder / "checkpoints",
        fingerprint=training_fingerprint(recipe, material),
        clock=clock,
        log=log,
        progress=log.progress,
    )


def start_network(loaded: LoadedRecipe, recipe: Recipe, material: Material, log: RunLog) -> Network:
    """Build and compile the network, over all GPUs, from `fit.init` if the recipe gives one.

    Args:
        loaded: `LoadedRecipe`, for the path of `fit.init`.
        recipe: `Recipe`, its precision resolved.
        material: `Material`.
        log: `RunLog`.

    Returns:
        `Network`.
    """
    dataset = material.dataset
    class_weights = resolve_class_weights(recipe.loss, material.train)
    if not isinstance(class_weights, str):
        log(f"class weights: {', '.join(f'{weight:g}' for weight in class_weights)}")
    strategy = make_strategy(recipe.patches.batch)
    if strategy.num_replicas_in_sync > 1:
        log(f"each batch is shared by {strategy.num_replicas_in_sync} GPUs")
    with strategy.scope():
        network = make_network(
            recipe, len(dataset.channels), dataset.outputs, class_weights, told_of(dataset)
        )
    log(f"{recipe.model.name} of {network.model.count_params():,} weights")
    if loaded.init is not None:
        taken, fresh = transfer_weights(
            read_model(loaded.init), network.model, dataset.label_names, dataset.regions
        )
        told = f"; these start anew: {', '.join(fresh)}" if fresh else ""
        log(f"started from {len(taken)} weights of {loaded.init}{told}")
    return network


def fit_settings(section: FitSection, *, can_validate: bool) -> FitSettings:
    """Return the length and cadence of a training.

    Args:
        section: `FitSection`.
        can_validate: bool; without validation cases early stopping is off.

    Returns:
        `FitSettings`.
    """
    epochs = section.epochs
    return FitSettings(
        steps=section.steps if epochs is None else epochs * section.steps_per_epoch,
        budget_seconds=section.budget_seconds,
        steps_per_epoch=section.steps_per_epoch,
        validate_every_epochs=section.validate_every_epochs,
        patience_epochs=section.patience_epochs if can_validate else None,
    )


def training_fingerprint(recipe: Recipe, material: Material) -> str:
    """Return a digest of all that must stay the same for a training to go on.

    Args:
        recipe: `Recipe`, its precision resolved.
        material: `Material`; a cached case's folder is named by the content of its files.

    Returns:
        SHA-256 in hex digits.
    """
    cases = [[case.id, case.folder.name] for case in (*material.train, *material.validation)]
    # Where the data lie does not matter, since the cases stand for their content; nor does how
    # masks are judged, which changes no weight.
    told = recipe.model_dump(mode="json", exclude={"data": {"root"}, "evaluate": True})
    told = {"kseg": __version__, "recipe": told, "cases": cases, **plugin_versions(recipe)}
    # A dataset.json may declare regions, which no file of a case holds.
    regions = material.dataset.regions
    return sha256_json(told if regions is None else {**told, "regions": regions.to_dict()})
