"""Checkpoints as numbered generations: a training goes on from the newest that is whole."""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from kseg.fit.state import FitState
from kseg.storage import (
    atomic_path,
    make_folder,
    remove_folder,
    sha256_file,
    write_bytes,
    write_json,
)

KEPT_GENERATIONS = 2
RECORD_FILE = "record.json"
ARRAYS_FILE = "state.safetensors"
BEST_PREFIX = "best/"

_GENERATION = re.compile(r"generation-(\d{6})")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """A training as it was left.

    Args:
        state: `FitState`.
        fingerprint: str, digest of all that must not change before the training goes on.
        arrays: arrays by name, see `training_arrays`.
    """

    state: FitState
    fingerprint: str
    arrays: Mapping[str, np.ndarray]


def training_variables(model: keras.Model) -> dict[str, keras.Variable]:
    """Return every variable of a compiled model and its optimizer under a name of its own.

    Args:
        model: compiled Keras model, its optimizer built.

    Returns:
        Dict from name to variable. Names hold a running number and no path: paths may repeat, and
        hold names such as `adam_w_1` that Keras counts up through a process.
    """
    groups = {"model": model.variables, "optimizer": model.optimizer.variables}
    return {
        f"{group}/{index:05d}/{variable.name}": variable
        for group, variables in groups.items()
        for index, variable in enumerate(variables)
    }


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a generation whole or not at all, then remove all but the newest two.

    Args:
        folder: path of the folder of checkpoints; made if missing.
        checkpoint: what to write.

    Returns:
        Path of the new generation.
    """
    make_folder(folder)
    older = _generations(folder)
    number = 1 + (int(_GENERATION.fullmatch(older[-1].name)[1]) if older else 0)
    path = folder / f"generation-{number:06d}"
    with atomic_path(path) as temporary:
        make_folder(temporary)
        write_bytes(temporary / ARRAYS_FILE, save(dict(checkpoint.arrays)))
        record = {
            "fingerprint": checkpoint.fingerprint,
            "sha256": sha256_file(temporary / ARRAYS_FILE),
            "state": checkpoint.state.to_dict(),
        }
        write_json(temporary / RECORD_FILE, record)
    for outdated in older[: 1 - KEPT_GENERATIONS]:
        remove_folder(outdated)
    return path


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the newest generation whose digest holds, or None if there is none.

    Args:
        folder: path of the folder of checkpoints.

    Returns:
        `Checkpoint`, or None.
    """
    for path in reversed(_generations(folder)):
        try:
            record = json.loads((path / RECORD_FILE).read_text(encoding="utf-8"))
            if sha256_file(path / ARRAYS_FILE) != record["sha256"]:
                raise ValueError("its arrays are not the ones it was written with")
            arrays = load_file(path / ARRAYS_FILE)
            return Checkpoint(FitState(**record["state"]), record["fingerprint"], arrays)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            _log.warning("checkpoint %s cannot be used (%s); trying the one before", path, error)
    return None


def restore_arrays(variables: Mapping[str, keras.Variable], arrays: Mapping[str, Any]) -> None:
    """Give each variable the array of its name.

    Args:
        variables: variables by name, from `training_variables`.
        arrays: arrays by name.

    Raises:
        ValueError: if a name is missing or a shape differs.
    """
    for name, variable in variables.items():
        if name not in arrays or arrays[name].shape != tuple(variable.shape):
            raise ValueError(f"`arrays` must hold {name} of shape {tuple(variable.shape)}.")
        variable.assign(arrays[name])


def _generations(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _GENERATION.fullmatch(path.name))
