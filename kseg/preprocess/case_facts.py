"""Measure one training case and remember it by the content of its files."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from kseg.dataset import Case, ReadOptions
from kseg.errors import VolumeError
from kseg.preprocess.crop import background_values, box_slices, content_box
from kseg.preprocess.read import read_labelled, require_mask
from kseg.storage import sha256_file, sha256_json, write_json
from kseg.volume import count_labels

# Raise it when the measuring changes, so that nothing measured before is taken for it.
FACTS_VERSION = 2
SAMPLES_PER_CASE = 10_000


@dataclass(frozen=True)
class CaseFacts:
    """What a fingerprint needs of one case.

    Args:
        spacing_mm: 3 floats (z, y, x), voxel spacing in mm.
        shape_zyx: 3 ints (z, y, x), voxels after cropping to content.
        label_voxels: ints, voxels of each label value, background first.
        samples: for each channel, intensities of the labelled voxels drawn.
        minima: for each channel, smallest intensity of a labelled voxel; empty without labels.
        maxima: for each channel, largest intensity of a labelled voxel; empty without labels.
    """

    spacing_mm: tuple[float, float, float]
    shape_zyx: tuple[int, int, int]
    label_voxels: tuple[int, ...]
    samples: tuple[tuple[float, ...], ...]
    minima: tuple[float, ...]
    maxima: tuple[float, ...]


def content_digests(case: Case) -> dict[str, object]:
    """Return the SHA-256 of a case's image and label files.

    Args:
        case: `Case` with a mask.

    Returns:
        dict for the key of a cache: equal content gives equal digests, wherever it lies.

    Raises:
        ManifestError: if the case has no mask.
        VolumeError: if a file cannot be read.
    """
    label = _digest(require_mask(case))
    return {"images": [_digest(path) for path in case.images], "label": label}


def count_declared(labels_zyx: np.ndarray, labels: int) -> tuple[int, ...]:
    """Count the voxels of each declared label value, also of those that do not occur.

    Args:
        labels_zyx: array (z, y, x) of unsigned integers; those from `labels` on are to be ignored.
        labels: int, label values that exist.

    Returns:
        `labels` ints, background first.

    Example:
        >>> count_declared(np.array([[[0, 1, 1]]], np.uint8), 3)
        (1, 2, 0)
    """
    counts = count_labels(labels_zyx).tolist()
    return tuple((counts + [0] * (labels - len(counts)))[:labels])


def case_facts(
    case: Case,
    folder: Path,
    *,
    channels: int,
    label_names: Sequence[str],
    crop: bool,
    options: ReadOptions,
    seed: int,
) -> CaseFacts:
    """Measure a case and remember it.

    Args:
        case: `Case` with a label.
        folder: where facts are kept, one JSON file a case.
        channels: int, channels the image must have.
        label_names: names of the labels, index = value, `"background"` first.
        crop: bool, measure the shape after cropping to content.
        options: `ReadOptions`.
        seed: int, which labelled voxels are drawn.

    Returns:
        `CaseFacts`.

    Raises:
        VolumeError: if a file cannot be used.
    """
    path = _place(case, folder, channels, len(label_names), crop, options, seed)
    image, mask = read_labelled(case, channels, label_names, options)
    facts = _measure(image, mask.voxels, len(label_names), crop, seed)
    data = asdict(facts)
    write_json(path, {"facts": data, "sha256": sha256_json(data)})
    return facts


def known_facts(
    case: Case,
    folder: Path,
    *,
    channels: int,
    label_names: Sequence[str],
    crop: bool,
    options: ReadOptions,
    seed: int,
) -> CaseFacts | None:
    """Return what was measured of the same bytes in the same way before.

    Args:
        case: `Case` with a label.
        folder: where facts are kept.
        channels: int, channels the image must have.
        label_names: names of the labels.
        crop: bool, measure the shape after cropping to content.
        options: `ReadOptions`.
        seed: int, which labelled voxels are drawn.

    Returns:
        `CaseFacts`, or None if there are none, or they are damaged.

    Raises:
        VolumeError: if a file cannot be read.
    """
    return _read_facts(_place(case, folder, channels, len(label_names), crop, options, seed))


def _place(case, folder, channels, labels, crop, options, seed) -> Path:
    settings = [FACTS_VERSION, SAMPLES_PER_CASE, channels, labels, crop]
    key = [content_digests(case), settings, asdict(options), seed]
    return folder / f"{sha256_json(key)}.json"


def _digest(path: Path) -> str:
    try:
        return sha256_file(path)
    except OSError as error:
        raise VolumeError(
            why=f"it cannot be read: {error.strerror or error}",
            file=path,
            fix="check the path and its rights",
            code="KS-E05",
        ) from error


def _measure(image, labels_zyx: np.ndarray, labels: int, crop: bool, seed: int) -> CaseFacts:
    shape_zyx = labels_zyx.shape
    if crop:
        box = content_box(image.voxels, background_values(image.voxels))
        shape_zyx = image.voxels[box_slices(box)].shape[:3]
    # The value after the last label is that of voxels that nobody has labelled.
    foreground = image.voxels[(labels_zyx > 0) & (labels_zyx < labels)]
    drawn = foreground
    if len(foreground) > SAMPLES_PER_CASE:
        generator = np.random.default_rng(seed)
        drawn = foreground[generator.choice(len(foreground), SAMPLES_PER_CASE, replace=False)]
    return CaseFacts(
        spacing_mm=tuple(float(step) for step in image.spacing_mm),
        shape_zyx=tuple(int(count) for count in shape_zyx),
        label_voxels=count_declared(labels_zyx, labels),
        samples=tuple(tuple(values.tolist()) for values in drawn.T),
        minima=tuple(foreground.min(axis=0).tolist()) if len(foreground) else (),
        maxima=tuple(foreground.max(axis=0).tolist()) if len(foreground) else (),
    )


def _read_facts(path: Path) -> CaseFacts | None:
    """Read facts back; a damaged file counts as none, since it can be made again."""
    try:
        record = json.loads(path.read_bytes())
        data = record["facts"]
        if sha256_json(data) != record["sha256"]:
            return None
        return CaseFacts(**{name: _as_tuple(value) for name, value in data.items()})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _as_tuple(value: Sequence) -> tuple:
    return tuple(_as_tuple(item) if isinstance(item, list) else item for item in value)
