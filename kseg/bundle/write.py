"""Write a model folder: a description, the weights and their digest."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kseg.bundle.description import ModelDescription
from kseg.bundle.weights import write_weights
from kseg.storage import remove_file, sha256_file, write_json

DESCRIPTION_FILE = "model.json"
WEIGHTS_FILE = "weights.safetensors"


def write_model(
    folder: Path, description: ModelDescription, weights: Mapping[str, np.ndarray]
) -> None:
    """Write all that prediction needs; safe to share.

    The description is written last, so that a folder with a `model.json` is complete.

    Args:
        folder: path of the folder, made if missing.
        description: `ModelDescription`.
        weights: arrays by the path of their variable.
    """
    # Gone before the weights change, so that no old description ever stands beside new weights.
    remove_file(Path(folder) / DESCRIPTION_FILE)
    path = Path(folder) / WEIGHTS_FILE
    write_weights(path, weights)
    record = {"file": WEIGHTS_FILE, "sha256": sha256_file(path)}
    write_json(Path(folder) / DESCRIPTION_FILE, {**description.to_dict(), "weights": record})
