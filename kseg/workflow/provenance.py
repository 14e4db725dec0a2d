"""What a run folder tells of its own making: the origins of its recipe, and its data."""

import math
from collections.abc import Sequence
from pathlib import Path

from kseg.dataset import values_become
from kseg.evaluate import evaluated_labels, joined_record
from kseg.preprocess import CachedCase
from kseg.recipe import LoadedRecipe, recipe_leaves
from kseg.storage import write_json
from kseg.workflow.material import Material

ORIGINS_FILE = "recipe.origins.json"
DATA_FILE = "data.json"


def write_origins(loaded: LoadedRecipe, folder: Path) -> None:
    """Write each value of the recipe and where it comes from: a default, a file, an option.

    Args:
        loaded: `LoadedRecipe`.
        folder: the run folder.
    """
    record = {
        (key := ".".join(path)): {"value": value, "origin": loaded.origins.get(key, "default")}
        for path, value in recipe_leaves(loaded.recipe)
    }
    write_json(folder / ORIGINS_FILE, record)


def write_data_record(material: Material, folder: Path) -> None:
    """Write which cases train and which validate, and how large each label is in them.

    Args:
        material: `Material`.
        folder: the run folder.
    """
    dataset = material.dataset
    volumes = _label_volumes_ml(material.train, len(dataset.label_names))
    labels = evaluated_labels(dataset.label_names, dataset.regions)
    record = {
        "name": dataset.name,
        "layout": dataset.source,
        "phantom": dataset.phantom,
        "channels": list(dataset.channels),
        "labels": list(dataset.targets),
        "spacing_mm": list(material.plan.spacing_mm),
        "train": [case.id for case in material.train],
        "validation": [case.id for case in material.validation],
        "train_volumes_ml": {
            label.name: [round(sum(row[value] for value in label.values), 3) for row in volumes]
            for label in labels
        },
    }
    if dataset.value_names:
        record["joined"] = joined_record(
            dataset.value_names,
            values_become(dataset.label_names, material.options),
            labels,
            dataset.ignore,
        )
    write_json(folder / DATA_FILE, record)


def _label_volumes_ml(cases: Sequence[CachedCase], labels: int) -> list[list[float]]:
    """Return, for each case, the volume of each label in ml, the background first."""
    rows = []
    for case in cases:
        voxel_ml = math.prod(case.spacing_mm) / 1000
        counts = (*case.label_counts, *(0,) * labels)[:labels]
        rows.append([round(count * voxel_ml, 3) for count in counts])
    return rows
