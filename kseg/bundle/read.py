"""Read a model as data: nothing in it is ever run, and no more is allocated than its size."""

import contextlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kseg.bundle.description import ModelDescription
from kseg.bundle.field import Field
from kseg.bundle.files import COPY_AGAIN, DESCRIPTION_FILE, WEIGHTS_FILE, ModelFiles, find_model
from kseg.bundle.header import Tensor
from kseg.bundle.parse import parse_description
from kseg.bundle.strict_json import MOST_BYTES, read_json
from kseg.bundle.upgrade import FORMAT_VERSION, NewerFormatError, upgrade
from kseg.bundle.weights import inspect_weights, read_arrays
from kseg.errors import ModelFileError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelFolder:
    """A model whose description is understood and whose weights are what it says.

    Args:
        files: `ModelFiles`, where the model lies.
        description: `ModelDescription`.
        tensors: what the weights are, in the order of their bytes.
        digest: str, SHA-256 of the weights.
    """

    files: ModelFiles
    description: ModelDescription
    tensors: tuple[Tensor, ...]
    digest: str


def read_model(path: str | Path) -> ModelFolder:
    """Read the description of a model and check that the weights belong to it.

    Neither Keras nor TensorFlow is needed for it, so that a model that cannot be used is refused
    at once. The weights are read through but not kept.

    Args:
        path: path of a run folder, a model folder, or a zip of one.

    Returns:
        `ModelFolder`.

    Raises:
        ModelFileError: if a file is missing, too large, damaged, a link to elsewhere, of a newer
            kseg, or anything but a description and weights that fit it.
    """
    files = find_model(path)
    description, digest = _read_description(files)
    with files.open(WEIGHTS_FILE) as (stream, size), _blame(files, WEIGHTS_FILE):
        tensors, found = inspect_weights(stream, size)
        if found != digest:
            raise ValueError("they are not the ones that model.json was written for")
    return ModelFolder(files, description, tensors, digest)


def read_weights(folder: ModelFolder) -> dict[str, np.ndarray]:
    """Read the weights of a model, which must still be those that `read_model` saw.

    Args:
        folder: `ModelFolder`.

    Returns:
        Dict from name to array; all are views of one piece of memory, as large as the file.

    Raises:
        ModelFileError: if they have changed, or a weight is NaN or infinite.
    """
    files = folder.files
    with files.open(WEIGHTS_FILE) as (stream, size), _blame(files, WEIGHTS_FILE):
        return read_arrays(stream, size, folder.tensors, folder.digest)


def _read_description(files: ModelFiles) -> tuple[ModelDescription, str]:
    """Return the description, and the digest that the weights must have."""
    with files.open(DESCRIPTION_FILE) as (stream, _), _blame(files, DESCRIPTION_FILE):
        data, form = upgrade(read_json(stream.read(MOST_BYTES + 1)))
        digest = _digest(Field(data.pop("weights", None), "weights"))
        description = parse_description(data)
    if form < FORMAT_VERSION:
        _log.warning(
            "%s has the format %d of an older kseg; it is read as format %d and stays as it is",
            files.label(DESCRIPTION_FILE),
            form,
            FORMAT_VERSION,
        )
    return description, digest


def _digest(field: Field) -> str:
    keys = field.keys("file", "sha256")
    keys["file"].word((WEIGHTS_FILE,))
    digest = keys["sha256"].text()
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise keys["sha256"].wrong("64 hex digits")
    return digest


@contextlib.contextmanager
def _blame(files: ModelFiles, name: str) -> Iterator[None]:
    """Turn what is wrong with the content of a file into an error that names it."""
    try:
        yield
    except ValueError as error:
        is_newer = isinstance(error, NewerFormatError)
        about = "it does not describe a model" if name == DESCRIPTION_FILE else "no usable weights"
        raise ModelFileError(
            why=str(error) if is_newer else f"{about}: {error}",
            file=files.label(name),
            fix="install the kseg that wrote it, or a newer one" if is_newer else COPY_AGAIN,
            code="KS-M03" if name == DESCRIPTION_FILE else "KS-M02",
        ) from error
