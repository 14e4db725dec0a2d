"""Write what a training ends with, without touching what is there already and right."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kseg.bundle import ModelDescription, read_model, write_model
from kseg.bundle.weights import read_weights
from kseg.errors import ModelFileError
from kseg.evaluate import SUMMARY_FILE
from kseg.storage import remove_file, write_text

LOCK_FILE = "recipe.lock.yaml"
HISTORY_FILE = "history.csv"


def keep_outcome(
    folder: Path,
    *,
    history: str,
    lock: str,
    description: ModelDescription,
    weights: Mapping[str, np.ndarray],
) -> bool:
    """Write history, effective recipe and model folder, as far as they are not there yet.

    A validation that belongs to another model or recipe loses its summary first, so that one with
    a summary always belongs to what lies beside it.

    Args:
        folder: the run folder.
        history: str, content of `history.csv`.
        lock: str, content of `recipe.lock.yaml`.
        description: `ModelDescription`.
        weights: arrays by the path of their variable.

    Returns:
        bool, whether model or recipe were missing or others.
    """
    write_text(folder / HISTORY_FILE, history)
    is_there = _holds(folder / LOCK_FILE, lock) and _is_model(
        folder / "model", description, weights
    )
    if not is_there:
        remove_file(folder / "validation" / SUMMARY_FILE)
        write_text(folder / LOCK_FILE, lock)
        write_model(folder / "model", description, weights)
    return not is_there


def _holds(file: Path, text: str) -> bool:
    try:
        return file.read_bytes() == text.encode()
    except OSError:
        return False


def _is_model(
    folder: Path, description: ModelDescription, weights: Mapping[str, np.ndarray]
) -> bool:
    try:
        found = read_model(folder)
        stored = read_weights(found.weights, {name: a.shape for name, a in weights.items()})
    except ModelFileError:
        return False
    return found.description.to_dict() == description.to_dict() and all(
        stored[name].tobytes() == weights[name].tobytes() for name in weights
    )
