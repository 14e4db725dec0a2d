"""What a finished training leaves behind: history, effective recipe, model folder."""

import csv
import io
from dataclasses import replace
from pathlib import Path

from kseg.bundle import ModelDescription, PredictDefaults, model_weights
from kseg.fit import FitState
from kseg.plugins import find_component
from kseg.recipe import LoadedRecipe, Recipe, recipe_to_yaml
from kseg.workflow.keep import keep_outcome
from kseg.workflow.material import Material
from kseg.workflow.network import Network, network_arguments
from kseg.workflow.windows import window_settings


def write_outcome(
    loaded: LoadedRecipe,
    recipe: Recipe,
    material: Material,
    network: Network,
    state: FitState,
    folder: Path,
) -> bool:
    """Write history, effective recipe and model folder, as far as they are not there yet.

    Args:
        loaded: `LoadedRecipe`, for the paths in it.
        recipe: `Recipe`, its precision resolved.
        material: `Material`.
        network: `Network` with the final weights.
        state: `FitState` at the end.
        folder: the run folder.

    Returns:
        bool, whether model or recipe were missing or others, so that they have to be validated.
    """
    dataset = material.dataset
    windows = window_settings(recipe, dataset.names)
    description = ModelDescription(
        name=recipe.name,
        network=find_component("models", recipe.model.name).full_name,
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
        # Which labels were joined or ignored is of no use to those who have no masks.
        reading=replace(material.options, joined=(), ignore=None),
        # Never the name of a folder, which may hold a hospital's or a patient's.
        trained_on=recipe.name,
        phantom=dataset.phantom,
        regions=dataset.regions,
    )
    return keep_outcome(
        folder,
        history=history_csv(state, dataset.phantom),
        lock=recipe_to_yaml(locked_recipe(loaded, recipe, material, state)),
        description=description,
        weights={name: v.numpy() for name, v in model_weights(network.model).items()},
    )


def locked_recipe(
    loaded: LoadedRecipe, recipe: Recipe, material: Material, state: FitState
) -> Recipe:
    """Return the recipe with every derived number in place of what it was derived from.

    Args:
        loaded: `LoadedRecipe`, for the paths in it.
        recipe: `Recipe`, its precision resolved.
        material: `Material`.
        state: `FitState` at the end.

    Returns:
        `Recipe` with as many steps as this run did. A run with a budget may have changed their
        number on the way, as the column `total_steps` of `history.csv` tells; its learning rates
        then followed that number, and a run by the lock ends near it but not with the same bits.
    """
    # Paths are whole in it, since it lies in another folder than the recipe.
    locked = change(recipe, "data", root=_text(loaded.data_root))
    locked = change(
        locked,
        "fit",
        init=_text(loaded.init),
        budget=None,
        epochs=None,
        steps=state.total_steps,
        validate_every_epochs=state.validate_every_epochs,
    )
    return change(locked, "preprocess", spacing_mm=material.plan.spacing_mm)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def change(recipe: Recipe, section: str, **changes) -> Recipe:
    """Return the recipe with some keys of one section changed.

    Args:
        recipe: `Recipe`.
        section: str, name of the section.
        **changes: new values by key.

    Returns:
        `Recipe`.
    """
    changed = getattr(recipe, section).model_copy(update=changes)
    return recipe.model_copy(update={section: changed})


def history_csv(state: FitState, phantom: bool) -> str:
    """Return the finished epochs as a table; blank where nothing was measured.

    Args:
        state: `FitState`.
        phantom: bool, mark each row as synthetic.

    Returns:
        str, CSV.
    """
    rows = [row | ({"data": "phantom"} if phantom else {}) for row in state.history]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
