"""A model folder as one file that is easy to send: a zip with the same bytes each time."""

import hashlib
import json
import zipfile
from pathlib import Path

from kseg.bundle import DESCRIPTION_FILE, WEIGHTS_FILE, ModelFolder, model_record
from kseg.errors import ModelFileError
from kseg.storage import atomic_path

_BLOCK = 1 << 20


def write_archive(folder: ModelFolder, out: Path) -> None:
    """Write a model as a zip, which `kseg predict`, `kseg.load` and `fit.init` open as it is.

    Weights hardly shrink, so they are stored as they are. The description has the newest form.

    Args:
        folder: `ModelFolder` from `kseg.bundle.read_model`.
        out: path ending in `.zip`; an old file of that name is replaced.

    Raises:
        ModelFileError: if the weights have changed since the folder was read.
        OSError: if the disk is full, or the folder cannot be written to.
    """
    record = model_record(folder.description, folder.digest)
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    with atomic_path(out) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr(_member(DESCRIPTION_FILE), text.encode())
        _copy_weights(folder, archive)


def _copy_weights(folder: ModelFolder, archive: zipfile.ZipFile) -> None:
    digest = hashlib.sha256()
    with folder.files.open(WEIGHTS_FILE) as (source, size):
        with archive.open(_member(WEIGHTS_FILE), "w", force_zip64=size >= 1 << 31) as target:
            while block := source.read(_BLOCK):
                digest.update(block)
                target.write(block)
    if digest.hexdigest() != folder.digest:
        raise ModelFileError(
            why="the weights were changed while they were being read",
            file=folder.files.label(WEIGHTS_FILE),
            fix="wait until nothing writes to the model, and export it again",
            code="KS-M02",
        )


def _member(name: str) -> zipfile.ZipInfo:
    """Return the record of a plain file without a date, so that equal models give equal bytes."""
    member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    member.create_system = 3  # Unix, whose permissions follow.
    member.external_attr = 0o100644 << 16
    return member
