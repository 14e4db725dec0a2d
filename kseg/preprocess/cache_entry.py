"""One prepared case on disk: three arrays and a record that says what they must be."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kseg.preprocess.case_facts import count_declared
from kseg.preprocess.crop import Box
from kseg.preprocess.grid import Spacing, Triple
from kseg.preprocess.prepare import Prepared
from kseg.storage import atomic_path, sha256_file, write_json

IMAGE, LABELS, FOREGROUND, RECORD = "image.npy", "labels.npy", "foreground.npy", "entry.json"


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
        content: str, digest of the image and label files that it was made from.
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
    content: str = ""

    @property
    def folder(self) -> Path:
        """The folder of the entry."""
        return self.image.parent

    def open_arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return image, labels and foreground as read-only memory maps."""
        return tuple(
            np.load(path, mmap_mode="r", allow_pickle=False)
            for path in (self.image, self.labels, self.foreground)
        )


def write_entry(folder: Path, prepared: Prepared, foreground: np.ndarray, labels: int) -> None:
    """Write an entry whole or not at all.

    Args:
        folder: path of the entry, which must not exist.
        prepared: `Prepared` with labels.
        foreground: array from `foreground_voxels`.
        labels: int, label values that exist.
    """
    arrays = {IMAGE: prepared.voxels, LABELS: prepared.labels, FOREGROUND: foreground}
    try:
        with atomic_path(folder) as temporary:
            temporary.mkdir()
            for name, array in arrays.items():
                np.save(temporary / name, array, allow_pickle=False)
            record = {
                "shape_zyx": list(prepared.labels.shape),
                "spacing_mm": list(prepared.spacing_mm),
                "label_counts": list(count_declared(prepared.labels, labels)),
                "box": [list(pair) for pair in prepared.box],
                "full_shape_zyx": list(prepared.full_shape_zyx),
                "cropped_shape_zyx": list(prepared.cropped_shape_zyx),
                "source_spacing_mm": list(prepared.source_spacing_mm),
                "files": {name: _describe(temporary / name) for name in arrays},
            }
            write_json(temporary / RECORD, record)
    except OSError:
        # Another process may have made the same entry meanwhile; equal names hold equal content.
        if not (folder / RECORD).is_file():
            raise


def open_entry(folder: Path, case_id: str, *, verify: bool = False) -> CachedCase:
    """Open an entry and check it against its record.

    Args:
        folder: path of the entry.
        case_id: str, the id of the case that asks for it.
        verify: bool, check the SHA-256 of every array; else sizes, and the SHA-256 of the small
            file.

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
        for name in (IMAGE, LABELS, FOREGROUND):
            _check(folder / name, record["files"][name], verify or name == FOREGROUND)
        entry = CachedCase(
            id=case_id,
            image=folder / IMAGE,
            labels=folder / LABELS,
            foreground=folder / FOREGROUND,
            box=tuple((start, stop) for start, stop in record["box"]),
            **{name: tuple(record[name]) for name in _TUPLES},
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EntryError(f"{type(error).__name__}: {error}") from error
    # The folder's time is the time of last use, by which `prune_cache` chooses.
    os.utime(folder)
    return entry


_TUPLES = (
    "shape_zyx",
    "spacing_mm",
    "label_counts",
    "full_shape_zyx",
    "cropped_shape_zyx",
    "source_spacing_mm",
)


def _describe(path: Path) -> dict[str, object]:
    return {"bytes": path.stat().st_size, "sha256": sha256_file(path)}


def _check(path: Path, described: dict[str, object], whole: bool) -> None:
    if path.stat().st_size != described["bytes"]:
        raise EntryError(f"{path.name} has another size than its record says")
    if whole and sha256_file(path) != described["sha256"]:
        raise EntryError(f"{path.name} has other bytes than its record says")
