"""Stored voxels to canonical arrays: float32 for images, the smallest unsigned type for labels."""

from pathlib import Path

import numpy as np

from kseg.volume.container import Container
from kseg.volume.findings import Finding, note, refusal, repair
from kseg.volume.header import Header

# A label further than this from a whole number is not a label.
_WHOLE_NUMBER_TOLERANCE = 1e-3
_LARGEST_LABEL = int(np.iinfo(np.uint16).max)
_WORST_VALUES_SHOWN = 5


def read_stored(container: Container, header: Header) -> tuple[np.ndarray, list[Finding]]:
    """Read the voxels as they are stored, then the rest of the file to its checksum.

    Args:
        container: Container that stands behind the header.
        header: Header.

    Returns:
        Array (channel, k, j, i) in the stored type, the file's own axes slowest first, and
        findings about bytes after the voxels.

    Raises:
        VolumeError: if the file is cut short or damaged.
    """
    container.drain(header.offset - container.position)
    buffer = np.empty(header.voxel_bytes, np.uint8)
    filled = container.fill(memoryview(buffer))
    if filled < header.voxel_bytes:
        expected, found = header.offset + header.voxel_bytes, container.position
        code = "A01" if container.compressed else "A07"
        why = f"it is too short: {expected:,} bytes expected, {found:,} found"
        raise refusal(code, container.path, why, "copy the file again")
    surplus = container.drain()
    findings = []
    if surplus:
        why = f"{surplus:,} bytes follow the voxels that its header tells of; they are not used"
        findings.append(note("A07", container.path, why))
    shape = (header.channels, *reversed(header.shape_xyz))
    return buffer.view(header.dtype).reshape(shape), findings


def fill_image(
    out_zyxc: np.ndarray, stored_czyx: np.ndarray, header: Header, path: Path, nonfinite: str
) -> list[Finding]:
    """Put the stored voxels of one file into an image.

    Args:
        out_zyxc: (z, y, x, channel) float32 array or view, filled here.
        stored_czyx: (channel, z, y, x) array of the stored type.
        header: Header, for slope and intercept.
        path: path of the file, for messages.
        nonfinite: `"refuse"`, or `"replace"`: NaN and −∞ by the lowest finite value of the file,
            +∞ by the highest.

    Returns:
        list of Finding.

    Raises:
        VolumeError: KS-C09, if there are NaN or infinite voxels that shall or can not be replaced.
    """
    for channel, stored_zyx in enumerate(stored_czyx):
        _fill_channel(out_zyxc[..., channel], stored_zyx, header)
    if header.is_scaled or header.dtype.kind == "f":
        return _mend_nonfinite(out_zyxc, path, nonfinite)
    return []


def _fill_channel(out_zyx: np.ndarray, stored_zyx: np.ndarray, header: Header) -> None:
    # Values beyond float32 become infinite, which `_mend_nonfinite` reports.
    with np.errstate(over="ignore", invalid="ignore"):
        if not header.is_scaled:
            out_zyx[...] = stored_zyx
            return
        for out_slice, slice_yx in zip(out_zyx, stored_zyx, strict=True):
            out_slice[...] = slice_yx.astype(np.float64) * header.slope + header.intercept


def _mend_nonfinite(image: np.ndarray, path: Path, nonfinite: str) -> list[Finding]:
    # The extremes show NaN and infinity without a mask of the image's size.
    low, high = float(image.min()), float(image.max())
    if np.isfinite(low) and np.isfinite(high):
        return []
    finite = np.isfinite(image)
    count = int(image.size - np.count_nonzero(finite))
    why = f"{count:,} of its {image.size:,} voxels are no numbers (NaN or infinite)"
    if nonfinite == "refuse" or count == image.size:
        fix = "correct the scan, or set `data.nonfinite: replace`"
        raise refusal("C09", path, why, fix)
    low = float(image.min(where=finite, initial=np.inf))
    high = float(image.max(where=finite, initial=-np.inf))
    image[np.isnan(image) | (image == -np.inf)] = low
    image[image == np.inf] = high
    return [repair("C09", path, f"{why}; they were replaced by {low:g} (+∞ by {high:g})")]


def make_labels(
    stored_zyx: np.ndarray, header: Header, path: Path
) -> tuple[np.ndarray, list[Finding]]:
    """Turn stored voxels into whole, unsigned labels.

    Args:
        stored_zyx: (z, y, x) array of the stored type.
        header: Header, for slope and intercept.
        path: path of the file, for messages.

    Returns:
        (z, y, x) C-contiguous array of uint8 or uint16, and a list of Finding.

    Raises:
        VolumeError: if a value is no whole number (KS-C03, KS-C04), no number (KS-C09), or no
            label (KS-C05).
    """
    if not header.is_scaled and stored_zyx.dtype.kind in "iu":
        low, high = int(stored_zyx.min()), int(stored_zyx.max())
        _check_range(low, high, path)
        return np.ascontiguousarray(stored_zyx, dtype=smallest_unsigned(high)), []
    labels = np.empty(stored_zyx.shape, np.uint16)
    largest_error = 0.0
    for out_slice, slice_yx in zip(labels, stored_zyx, strict=True):
        with np.errstate(over="ignore", invalid="ignore"):
            values = slice_yx.astype(np.float64) * header.slope + header.intercept
        low, high = float(values.min()), float(values.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            why = "some of its labels are no numbers (NaN or infinite)"
            raise refusal("C09", path, why, "correct the label file")
        rounded = np.rint(values)
        largest_error = max(largest_error, float(np.abs(values - rounded).max()))
        if largest_error > _WHOLE_NUMBER_TOLERANCE:
            raise _not_whole(stored_zyx, header, path)
        _check_range(float(rounded.min()), float(rounded.max()), path)
        out_slice[...] = rounded
    findings = []
    if largest_error > 0:
        code = "C03" if header.is_scaled else "C04"
        why = f"its labels are up to {largest_error:.2g} off whole numbers; they were rounded"
        findings.append(repair(code, path, why, "save labels as integers"))
    return labels.astype(smallest_unsigned(int(labels.max())), copy=False), findings


def smallest_unsigned(largest: int) -> type[np.unsignedinteger]:
    """Return the smaller of uint8 and uint16 that holds a label.

    Args:
        largest: int, 0 to 65535.

    Returns:
        `np.uint8` or `np.uint16`.

    Example:
        >>> smallest_unsigned(256).__name__
        'uint16'
    """
    return np.uint8 if largest <= np.iinfo(np.uint8).max else np.uint16


def _check_range(low: float, high: float, path: Path) -> None:
    if low < 0 or high > _LARGEST_LABEL:
        why = (
            f"its values reach from {low:g} to {high:g}; labels are 0 to {_LARGEST_LABEL}. "
            "It looks like an image given as label"
        )
        raise refusal("C05", path, why, "give the label file of this case")


def _not_whole(stored_zyx: np.ndarray, header: Header, path: Path) -> Exception:
    worst: dict[float, float] = {}
    for slice_yx in stored_zyx:
        values = np.unique(slice_yx).astype(np.float64) * header.slope + header.intercept
        values = values[np.isfinite(values)]
        worst |= {float(value): float(abs(value - np.rint(value))) for value in values}
        worst = dict(sorted(worst.items(), key=lambda item: -item[1])[:_WORST_VALUES_SHOWN])
    text = ", ".join(f"{value:.6g}" for value in worst)
    if header.is_scaled:
        why = (
            f"its labels are scaled by {header.slope:g} (scl_slope) to values that are not whole, "
            f"such as {text}: it was saved from real numbers to bytes"
        )
        return refusal("C03", path, why, "save the labels again as integers, with slope 1")
    why = f"its labels must be whole numbers. Found: {text}"
    return refusal("C04", path, why, "label with nearest-neighbour resampling; save as integers")
