"""Read a model folder as data: nothing in it is ever run."""

import json
from dataclasses import dataclass
from pathlib import Path

from kseg.bundle.description import LABELS_FORMAT, REGIONS_FORMAT, ModelDescription
from kseg.bundle.write import DESCRIPTION_FILE, WEIGHTS_FILE
from kseg.errors import ModelFileError
from kseg.storage import sha256_file

# A description is a few kilobytes; a larger one is not what it claims to be.
MAX_DESCRIPTION_BYTES = 1 << 20


@dataclass(frozen=True)
class ModelFolder:
    """A model folder whose description is understood and whose weights are what it says.

    Args:
        description: `ModelDescription`.
        weights: path of the weights.
        digest: str, SHA-256 of the weights.
    """

    description: ModelDescription
    weights: Path
    digest: str


def find_model_folder(path: Path) -> Path:
    """Return the model folder at `path`: the folder itself, or `model/` of a run folder.

    Args:
        path: path of a run folder or a model folder.

    Returns:
        Path of the folder that holds `model.json`.

    Raises:
        ModelFileError: if neither holds one.
    """
    for folder in (Path(path), Path(path) / "model"):
        if (folder / DESCRIPTION_FILE).is_file():
            return folder
    raise ModelFileError(
        why=f"there is no {DESCRIPTION_FILE} in this folder or in its folder `model`",
        file=path,
        fix="give a run folder of `kseg fit` that has finished, or its model folder",
        code="KS-M01",
    )


def read_model(path: Path) -> ModelFolder:
    """Read the description of a model and check that the weights belong to it.

    Args:
        path: path of a run folder or a model folder.

    Returns:
        `ModelFolder`.

    Raises:
        ModelFileError: if a file is missing, too large, damaged, or of a newer kseg.
    """
    folder = find_model_folder(path)
    file = folder / DESCRIPTION_FILE
    data = _read_json(file)
    version = data.get("format")
    if version not in (LABELS_FORMAT, REGIONS_FORMAT):
        raise ModelFileError(
            why=f"its format must be {LABELS_FORMAT} or {REGIONS_FORMAT}. Received: format "
            f"{version!r}",
            file=file,
            fix="use the kseg release that wrote it, or a newer one",
            code="KS-M03",
        )
    try:
        description = ModelDescription.from_dict(data)
        if (description.regions is None) != (version == LABELS_FORMAT):
            raise ValueError(f"regions and format {version} do not go together")
        digest = str(data["weights"]["sha256"])
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise ModelFileError(
            why=f"it does not describe a model: {error}",
            file=file,
            fix="copy the model folder again from where it was made",
            code="KS-M03",
        ) from error
    weights = folder / WEIGHTS_FILE
    if not weights.is_file() or sha256_file(weights) != digest:
        raise ModelFileError(
            why="the weights are missing or are not the ones that model.json was written for",
            file=weights,
            fix="copy the model folder again from where it was made",
            code="KS-M02",
        )
    return ModelFolder(description, weights, digest)


def _read_json(file: Path) -> dict:
    try:
        if file.stat().st_size > MAX_DESCRIPTION_BYTES:
            raise ValueError(f"it must be at most {MAX_DESCRIPTION_BYTES} bytes long")
        data = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("it must hold a JSON object")
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFileError(
            why=f"it cannot be read as a model description: {error}",
            file=file,
            fix="copy the model folder again from where it was made",
            code="KS-M03",
        ) from error
    return data
