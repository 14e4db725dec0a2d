"""What a finished training on digits leaves behind: history, effective recipe, model folder."""

from pathlib import Path

from kseg.bundle import ModelDescription, model_weights
from kseg.dataset.sources.digits import DIGIT_NAMES, DIGIT_SHAPE, Digits
from kseg.fit import FitState
from kseg.plugins import find_component
from kseg.preprocess import ChannelScaling, PreprocessPlan
from kseg.recipe import LoadedRecipe, Recipe, recipe_to_yaml
from kseg.storage import write_json
from kseg.workflow.digits_score import case_id
from kseg.workflow.keep import keep_outcome
from kseg.workflow.network import Network, network_arguments
from kseg.workflow.outcome import change, history_csv
from kseg.workflow.provenance import DATA_FILE

CHANNEL = "digit"
# Every model folder has one; pixels of digits have no size in mm, so that theirs stands for none.
PLAN = PreprocessPlan((1.0, 1.0, 1.0), (ChannelScaling("fixed", mean=0.0, std=255.0),), crop=False)


def write_digits_record(digits: Digits, folder: Path) -> None:
    """Write which digits train and which validate.

    Args:
        digits: `Digits`.
        folder: the run folder.
    """
    record = {
        "name": digits.file.stem,
        "layout": "digits",
        "phantom": False,
        "channels": [CHANNEL],
        "labels": list(DIGIT_NAMES),
        "spacing_mm": list(PLAN.spacing_mm),
        "train": [case_id("train", row) for row in range(len(digits.train_labels))],
        "validation": [case_id("test", row) for row in range(len(digits.test_labels))],
        "train_volumes_ml": {},
    }
    write_json(folder / DATA_FILE, record)


def write_digits_outcome(
    recipe: Recipe,
    digits: Digits,
    network: Network,
    state: FitState,
    loaded: LoadedRecipe,
    folder: Path,
) -> bool:
    """Write history, effective recipe and model folder, as far as they are not there yet.

    Args:
        recipe: `Recipe`, its precision resolved.
        digits: `Digits`.
        network: `Network` with the final weights.
        state: `FitState` at the end.
        loaded: `LoadedRecipe`, for the paths in it.
        folder: the run folder.

    Returns:
        bool, whether model or recipe were missing or others.
    """
    description = ModelDescription(
        name=recipe.name,
        network=find_component("models", recipe.model.name).full_name,
        arguments=network_arguments(recipe.model),
        channels=(CHANNEL,),
        label_names=DIGIT_NAMES,
        preprocess=PLAN,
        patch_size_zyx=(1, *DIGIT_SHAPE),
        precision=recipe.fit.precision,
        trained_on=recipe.name,
    )
    return keep_outcome(
        folder,
        history=history_csv(state, False),
        lock=recipe_to_yaml(locked_digits_recipe(recipe, digits, state, loaded)),
        description=description,
        weights={name: v.numpy() for name, v in model_weights(network.model).items()},
    )


def locked_digits_recipe(
    recipe: Recipe, digits: Digits, state: FitState, loaded: LoadedRecipe
) -> Recipe:
    """Return the recipe with every derived number in place of what it was derived from.

    Args:
        recipe: `Recipe`, its precision resolved.
        digits: `Digits`, for the file that was read.
        state: `FitState` at the end.
        loaded: `LoadedRecipe`, for the paths in it.

    Returns:
        `Recipe` with as many steps as this run did.
    """
    locked = change(recipe, "data", root=str(digits.file.absolute()))
    return change(
        locked,
        "fit",
        init=None if loaded.init is None else str(loaded.init),
        budget=None,
        epochs=None,
        steps=state.total_steps,
        validate_every_epochs=state.validate_every_epochs,
    )
