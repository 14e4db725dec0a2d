"""One prepared case on disk: three arrays and a record that says what they must be."""

import contextlib
import hashlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kseg.errors import KsegError
from kseg.preprocess.case_facts import count_declared
from kseg.preprocess.crop import Box
from kseg.preprocess.grid import Spacing, Triple
from kseg.preprocess.prepare import Prepared
from kseg.storage import (
    atomic_path,
    make_folder,
    open_array,
    sha256_file,
    sha256_json,
    write_bytes,
    write_json,
)

IMAGE, LABELS, FOREGROUND, RECORD = "image.npy", "labels.npy", "foreground.npy", "entry.json"
_OWN_DIGEST = "sha256"


class EntryError(Exception):
    """An entry that is not what its record says; the cache makes it again."""


@dataclass(frozen=True)
class CachedCase:
    """A prepared case on disk.

    Args:
        id: str, the case's id.
        image: path of a float16 array (z, y, x, channel).
        labels: path of an array (z, y, x) of labels.
        foreground: path of an int32 array (voxels, 4): label, z, y, x.
        shape_zyx: 3 ints, voxels of image and labels.
        spacing_mm: 3 floats (z, y, x), their spacing in mm.
        label_counts: ints, voxels of each label value, background first.
        box: 3 pairs (start, stop) for z, y, x, content within the canonical full grid.
        full_shape_zyx: 3 ints, voxels of the canonical full grid.
        cropped_shape_zyx: 3 ints, voxels of the box.
        source_spacing_mm: 3 floats (z, y, x), spacing of the full grid in mm.
        image_sha256: str, digest of the file of the image.
        content: str, digest of the scan's and the mask's files that it was made from.
    """

    id: str
    image: Path
    labels: Path
    foreground: Path
    shape_zyx: Triple
    spacing_mm: Spacing
    label_counts: tuple[int, ...]
    box: Box
    full_shape_zyx: Triple
    cropped_shape_zyx: Triple
    source_spacing_mm: Spacing
    image_sha256: str = ""
    content: str = ""

    @property
    def folder(self) -> Path:
        """The folder of the entry."""
        return self.image.parent

    def open_arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return image, labels and foreground as read-only memory maps, and note the use."""
        arrays = tuple(open_array(path) for path in (self.image, self.labels, self.foreground))
        # A sound entry may belong to another user, who alone may set its time.
        with contextlib.suppress(OSError):
            os.utime(self.folder)
        return arrays


def write_entry(folder: Path, prepared: Prepared, foreground: np.ndarray, labels: int) -> None:
    """Write an entry whole or not at all.

    Args:
        folder: path of the entry, which must not exist.
        prepared: `Prepared` with labels.
        foreground: array from `foreground_voxels`.
        labels: int, label values that exist.

    Raises:
        KsegError: KS-G04 if the disk is full or cannot be written to.
    """
    arrays = {IMAGE: prepared.voxels, LABELS: prepared.labels, FOREGROUND: foreground}
    try:
        with atomic_path(folder) as temporary:
            make_folder(temporary)
            files = {name: _write(temporary / name, array) for name, array in arrays.items()}
            record = {
                "shape_zyx": list(prepared.labels.shape),
                "spacing_mm": list(prepared.spacing_mm),
                "label_counts": list(count_declared(prepared.labels, labels)),
                "box": [list(pair) for pair in prepared.box],
                "full_shape_zyx": list(prepared.full_shape_zyx),
                "cropped_shape_zyx": list(prepared.cropped_shape_zyx),
                "source_spacing_mm": list(prepared.source_spacing_mm),
                "files": files,
            }
            write_json(temporary / RECORD, record | {_OWN_DIGEST: sha256_json(record)})
    except OSError as error:
        # Another process may have made the same entry meanwhile; equal names hold equal content.
        if (folder / RECORD).is_file():
            return
        raise KsegError(
            why=f"a prepared case cannot be kept: {error.strerror or error}",
            file=folder.parent,
            fix="free some space, or give another folder with --work",
            code="KS-G04",
        ) from error


def open_entry(folder: Path, case_id: str) -> CachedCase:
    """Open an entry, every byte of which is checked against its record.

    Args:
        folder: path of the entry.
        case_id: str, the id of the case that asks for it.

    Returns:
        `CachedCase`.

    Raises:
        FileNotFoundError: if there is no entry.
        EntryError: if a file of the entry is missing or not what the record says.
    """
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    try:
        record = json.loads((folder / RECORD).read_bytes())
        if record.pop(_OWN_DIGEST) != sha256_json(record):
            raise EntryError(f"{RECORD} is not as it was written")
        for name in (IMAGE, LABELS, FOREGROUND):
            _check(folder / name, record["files"][name])
        entry = CachedCase(
            id=case_id,
            image=folder / IMAGE,
            labels=folder / LABELS,
            foreground=folder / FOREGROUND,
            box=tuple((start, stop) for start, stop in record["box"]),
            image_sha256=record["files"][IMAGE]["sha256"],
            **{name: tuple(record[name]) for name in _TUPLES},
        )
        _check_arrays(entry)
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise EntryError(f"{type(error).__name__}: {error}") from error
    return entry


def last_used(folder: Path) -> float:
    """Return when an entry was last used, in seconds since 1970.

    Args:
        folder: path of the entry.

    Returns:
        float: the folder's time, which each opening of the entry sets; or, if that is later, when
        one of its files was last read, which most systems note at least once a day. 0 where there
        is no entry.
    """
    times = [0.0]
    # Another process may be removing this very entry.
    with contextlib.suppress(OSError):
        times.append(folder.stat().st_mtime)
        times += [file.stat().st_atime for file in folder.iterdir()]
    return max(times)


_TUPLES = (
    "shape_zyx",
    "spacing_mm",
    "label_counts",
    "full_shape_zyx",
    "cropped_shape_zyx",
    "source_spacing_mm",
)


def _write(path: Path, array: np.ndarray) -> dict[str, object]:
    """Write an array as `numpy.save` does, and return what the file must be from now on."""
    header = io.BytesIO()
    array = np.ascontiguousarray(array)
    described = np.lib.format.header_data_from_array_1_0(array)
    np.lib.format.write_array_header_1_0(header, described)
    parts = header.getvalue(), array.reshape(-1).view(np.uint8)
    write_bytes(path, *parts)
    # Of what was to be written, not of what is read back.
    digest = hashlib.sha256(parts[0])
    digest.update(parts[1])
    return {"bytes": sum(map(len, parts)), "sha256": digest.hexdigest()}


def _check(path: Path, described: dict[str, object]) -> None:
    if path.stat().st_size != described["bytes"]:
        raise EntryError(f"{path.name} has another size than its record says")
    if sha256_file(path) != described["sha256"]:
        raise EntryError(f"{path.name} has other bytes than its record says")


def _check_arrays(entry: CachedCase) -> None:
    """See that the arrays have the shapes of the record; an array larger than its file has none."""
    image, labels, foreground = entry.open_arrays()
    found = image.shape[:-1], labels.shape, foreground.shape[1:]
    if found != (entry.shape_zyx, entry.shape_zyx, (4,)) or image.dtype != np.float16:
        raise EntryError(f"its arrays have the shapes {found}, not {entry.shape_zyx}")
