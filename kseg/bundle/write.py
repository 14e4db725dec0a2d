"""Write a model folder: a description, the weights and their digest."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kseg.bundle.description import ModelDescription
from kseg.bundle.files import DESCRIPTION_FILE, WEIGHTS_FILE
from kseg.bundle.parse import check_description
from kseg.bundle.upgrade import FORMAT_VERSION
from kseg.bundle.weights import write_weights
from kseg.storage import remove_file, sha256_file, write_json


def write_model(
    folder: Path, description: ModelDescription, weights: Mapping[str, np.ndarray]
) -> None:
    """Write all that prediction needs; safe to share.

    The description is written last, so that a folder with a `model.json` is complete.

    Args:
        folder: path of the folder, made if missing.
        description: `ModelDescription`.
        weights: arrays by the path of their variable.

    Raises:
        ValueError: if `description` holds what `read_model` would refuse; nothing is written then.
    """
    check_description(description)
    # Gone before the weights change, so that no old description ever stands beside new weights.
    remove_file(Path(folder) / DESCRIPTION_FILE)
    path = Path(folder) / WEIGHTS_FILE
    write_weights(path, weights)
    write_json(Path(folder) / DESCRIPTION_FILE, model_record(description, sha256_file(path)))


def model_record(description: ModelDescription, digest: str) -> dict[str, object]:
    """Return what `model.json` holds.

    Args:
        description: `ModelDescription`.
        digest: str, SHA-256 of the weights.

    Returns:
        dict that JSON can hold.
    """
    weights = {"file": WEIGHTS_FILE, "sha256": digest}
    return {"format": FORMAT_VERSION, **description.to_dict(), "weights": weights}
