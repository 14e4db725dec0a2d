"""A look at one case by itself: its headers, and its voxels if asked."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kseg.dataset.cases import Case
from kseg.dataset.joined import names_in_files
from kseg.dataset.options import ReadOptions
from kseg.errors import VolumeError
from kseg.volume import (
    Finding,
    Grid,
    Volume,
    check_label_grid,
    check_label_values,
    check_same_grid,
    count_labels,
    read_grid,
    read_image,
    read_labels,
)
from kseg.volume.geometry import canonical_affine
from kseg.words import counted


@dataclass(frozen=True)
class Look:
    """What was seen of one case.

    Args:
        case: Case.
        findings: tuple of Finding.
        spacing_mm: 3 floats (z, y, x), or None where the image cannot be read.
        image_digest: str, SHA-256 of the image's voxels, or None where they were not read.
        label_values: the values in the mask, or None where it was not read.
    """

    case: Case
    findings: tuple[Finding, ...]
    spacing_mm: tuple[float, float, float] | None = None
    image_digest: str | None = None
    label_values: frozenset[int] | None = None


def look_at_headers(case: Case, channels: int, options: ReadOptions) -> Look:
    """Check a case by its headers, in milliseconds.

    Args:
        case: Case.
        channels: int, number of channels that its image must have.
        options: ReadOptions.

    Returns:
        Look; never raises for a file that cannot be used.
    """
    findings: list[Finding] = []
    images = [_attempt(findings, read_grid, path, **_geometry(options)) for path in case.images]
    label = None
    if case.label is not None:
        label = _attempt(findings, read_grid, case.label, **_geometry(options))
    for grid in (*images, label):
        findings += grid.findings if grid is not None else ()
    findings += _compare(case, images, label, channels)
    return Look(case, _once(findings), _spacing_mm(images[0]))


def look_at_voxels(
    case: Case, channels: int, label_names: Sequence[str], options: ReadOptions
) -> Look:
    """Check a case by all of its voxels.

    Args:
        case: Case.
        channels: int, number of channels that its image must have.
        label_names: names of the declared label values.
        options: ReadOptions.

    Returns:
        Look; never raises for a file that cannot be used.
    """
    header = look_at_headers(case, channels, options)
    findings = list(header.findings)
    reading = {"channels": channels, "nonfinite": options.nonfinite, **_geometry(options)}
    image = _attempt(findings, read_image, case.images, **reading)
    digest = values = None
    if image is not None:
        findings += [*image.findings, *_flat_channels(case, image)]
        digest = hashlib.sha256(repr(image.voxels.shape).encode())
        digest.update(np.ascontiguousarray(image.voxels).data)
        digest = digest.hexdigest()
    if case.label is not None:
        labels = _attempt(findings, read_labels, case.label, **_geometry(options))
        if labels is not None:
            findings += labels.findings
            declared = names_in_files(label_names, options)
            _attempt(findings, check_label_values, labels.voxels, declared, case.label)
            values = frozenset(np.flatnonzero(count_labels(labels.voxels)).tolist())
            if options.joined:
                values = frozenset(options.joined[v] for v in values if v < len(options.joined))
            findings += _empty_mask(case, values)
    return Look(case, _once(findings), header.spacing_mm, digest, values)


def _geometry(options: ReadOptions) -> dict[str, str | None]:
    return {
        "affine_from": options.affine_from,
        "assume_orientation": options.assume_orientation,
    }


def _attempt(findings: list[Finding], read, *args, **options):
    """Read a file; a refusal becomes a finding, unless it has been told, and the result None."""
    try:
        return read(*args, **options)
    except VolumeError as error:
        found = Finding.from_error(error)
        if (found.code, found.file) not in {(told.code, told.file) for told in findings}:
            findings.append(found)
        return None


def _compare(case: Case, images: Sequence[Grid | None], label: Grid | None, channels: int):
    """Yield what is wrong with the files of a case taken together."""
    if all(grid is not None for grid in images):
        present = sum(grid.channels for grid in images)
        if present != channels:
            wanted = counted(channels, "channel")
            why = f"an image must have {wanted}, as declared. Received: {present}."
            fix = "correct the channels in the manifest; a time series is not supported"
            yield Finding("KS-D02", "refuse", str(case.images[0]), why, fix)
    first = images[0]
    if first is None:
        return
    for path, grid in zip(case.images[1:], images[1:], strict=True):
        if grid is not None:
            yield from check_same_grid(first, grid, case.images[0].name, path)
    if label is not None:
        yield from check_label_grid(first, label, case.images[0], case.label)


def _spacing_mm(grid: Grid | None) -> tuple[float, float, float] | None:
    if grid is None:
        return None
    affine = canonical_affine(grid.affine_mm, grid.shape_xyz)
    x, y, z = np.linalg.norm(affine[:3, :3], axis=0).tolist()
    return z, y, x


def _flat_channels(case: Case, image: Volume):
    """Note C10: a channel in which all voxels are alike tells a network nothing."""
    for channel in range(image.voxels.shape[-1]):
        voxels = image.voxels[..., channel]
        if voxels.min() == voxels.max():
            file = case.images[min(channel, len(case.images) - 1)]
            why = f"channel {channel} has the value {voxels.flat[0]:g} everywhere"
            yield Finding("KS-C10", "note", str(file), why, "make sure that this is meant")


def _empty_mask(case: Case, values: frozenset[int]):
    """Note C06: a mask without foreground may be meant, or may be a failed export."""
    if values == {0}:
        why = "the mask holds background only"
        yield Finding("KS-C06", "note", str(case.label), why, "make sure that this is meant")


def _once(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings in order, each once: header and voxel reading tell the same twice."""
    return tuple(dict.fromkeys(findings))
