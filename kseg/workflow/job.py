"""From a recipe and its data to a training that can be started."""

import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from kseg.bundle import read_model, transfer_weights
from kseg.fit import FitSettings, Job
from kseg.patches import PatchSettings, cases_of_step, make_streams
from kseg.recipe import FitSection, LoadedRecipe, Recipe
from kseg.workflow.augmentation import make_augmentation
from kseg.workflow.identity import data_identity, recipe_identity
from kseg.workflow.loss import resolve_class_weights
from kseg.workflow.machine import make_strategy
from kseg.workflow.material import Material
from kseg.workflow.network import Network, make_network
from kseg.workflow.sitting import Sitting
from kseg.workflow.targets import told_of
from kseg.workflow.validate import CachedValidation
from kseg.workflow.windows import window_settings

# A mask is mostly empty; gzip leaves far less than a tenth of its bytes.
_BYTES_A_MASK_VOXEL = 0.1


def make_job(
    recipe: Recipe,
    material: Material,
    network: Network,
    sitting: Sitting,
    taken_up: Callable[[], object],
) -> Job:
    """Put together what `kseg.fit.fit` needs.

    Args:
        recipe: `Recipe`, its precision resolved.
        material: `Material`.
        network: `Network`.
        sitting: `Sitting`.
        taken_up: function that is called once a training that was begun is sure to go on.

    Returns:
        `Job`.

    Raises:
        RunFolderError: if the data have changed since the training began, and nobody accepts it.
    """
    patches, dataset, log = recipe.patches, material.dataset, sitting.log
    settings = PatchSettings(
        tuple(patches.size), patches.batch, patches.foreground, recipe.fit.seed, patches.ram_bytes
    )
    augmentation = make_augmentation(
        recipe.augment, settings.size_zyx, material.plan.spacing_mm, dataset.names
    )
    validate = None
    if material.validation:
        windows = window_settings(recipe, dataset.names)
        validate = CachedValidation(
            material, windows, recipe.predict.keep_largest, progress=log.progress
        )
    identity = training_identity(recipe, material)
    return Job(
        model=network.model,
        set_total_steps=network.schedule.set_total_steps,
        stream=make_streams(material.train, settings, augmentation),
        cases_of_step=lambda step: cases_of_step(material.train, settings, step),
        validate=validate,
        settings=fit_settings(recipe.fit, can_validate=validate is not None),
        checkpoints=sitting.checkpoints,
        identity=identity,
        clock=sitting.clock,
        log=log,
        progress=log.progress,
        accepted=sitting.accept(
            identity, {case.id: case.image_sha256 for case in material.validation}
        ),
        judged_otherwise=sitting.judges_otherwise(identity),
        # The image alone too: the same scan may come back with another mask.
        trained_on=sitting.trained_on(
            {case.id: [case.content, case.image_sha256] for case in material.train}
        ),
        stop=sitting.stop,
        taken_up=taken_up,
        before_saving=sitting.refuse_if_taken_over,
        output_bytes=max(0, mask_bytes(material) - _stored_bytes(sitting.folder)),
    )


def start_network(
    loaded: LoadedRecipe, recipe: Recipe, material: Material, sitting: Sitting
) -> Network:
    """Build and compile the network, over all GPUs, from `fit.init` if the recipe gives one.

    Args:
        loaded: `LoadedRecipe`, for the path of `fit.init`.
        recipe: `Recipe`, its precision resolved.
        material: `Material`.
        sitting: `Sitting`; where it goes on with a training, `fit.init` has had its effect.

    Returns:
        `Network`.
    """
    dataset, log = material.dataset, sitting.log
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
    if loaded.init is not None and sitting.begun is None:
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


def training_identity(recipe: Recipe, material: Material) -> dict[str, object]:
    """Return what must stay the same for a training to go on with the same bits.

    Args:
        recipe: `Recipe`, its precision resolved.
        material: `Material`; where its files lie does not matter, only what is in them.

    Returns:
        Dict of plain data.
    """
    dataset = material.dataset
    return recipe_identity(recipe) | data_identity(
        dataset.label_names,
        dataset.channels,
        {case.id: case.content for case in material.train},
        {case.id: case.content for case in material.validation},
        # A dataset.json may declare regions and joined labels, which no file of a case holds.
        regions=None if dataset.regions is None else dataset.regions.to_dict(),
        reading=asdict(material.options),
    )


def mask_bytes(material: Material) -> int:
    """Return about as many bytes as the validation's masks will take, compressed.

    Args:
        material: `Material`.

    Returns:
        int.
    """
    voxels = sum(math.prod(case.full_shape_zyx) for case in material.validation)
    return int(voxels * _BYTES_A_MASK_VOXEL)


def _stored_bytes(folder: Path) -> int:
    """Return the bytes of the masks that are there already, which new ones replace."""
    masks = (path for path in (folder / "validation" / "masks").glob("*") if path.is_file())
    return sum(path.stat().st_size for path in masks)
