"""From logits on the network's grid to labels on the scan's own grid."""

from collections.abc import Sequence

import numpy as np

from kseg.predict.components import keep_largest_component
from kseg.preprocess import Prepared, interpolation_orders, resample

# Slabs of about this many numbers keep memory low and stay within the processor's caches.
SLAB_NUMBERS = 8_000_000


def restore_labels(
    logits: np.ndarray,
    prepared: Prepared,
    *,
    keep_largest: bool = False,
    painted: Sequence[int] | None = None,
) -> np.ndarray:
    """Return the label of each voxel of the scan's full grid.

    Logits are brought to the scan's grid slab by slab and only the winning label is kept, so that
    the logits of all classes never exist at full size. Outside the content box is background.

    Args:
        logits: float32 array (z, y, x, classes) on the grid of `prepared.voxels`.
        prepared: `Prepared` scan that the logits belong to.
        keep_largest: bool, whether only the largest connected piece of each label, or region,
            stays.
        painted: for each channel of the logits the value of its region, which holds the voxels
            whose logit is above 0; later regions are painted over earlier ones. None for classes
            that exclude each other.

    Returns:
        uint8 array (z, y, x) of shape `prepared.full_shape_zyx` (uint16 for values above 255).
    """
    shape = prepared.cropped_shape_zyx
    orders = interpolation_orders(prepared.spacing_mm, prepared.source_spacing_mm, 1)
    if painted is not None:
        labels = _painted_regions(logits, shape, orders, painted, keep_largest)
    else:
        labels = _winning_labels(logits, shape, orders)
        if keep_largest:
            labels = keep_largest_component(labels)
    full = np.zeros(prepared.full_shape_zyx, labels.dtype)
    full[tuple(slice(*span) for span in prepared.box)] = labels
    return full


def _painted_regions(logits, shape_zyx, orders, painted, keep_largest: bool) -> np.ndarray:
    """Return a mask of regions; a sigmoid above one half is a logit above 0."""
    labels = np.zeros(shape_zyx, np.uint8 if max(painted) < 256 else np.uint16)
    for channel, value in enumerate(painted):
        plane = np.ascontiguousarray(logits[..., channel : channel + 1])
        inside = resample(plane, shape_zyx, orders)[..., 0] > 0
        if keep_largest:
            inside = keep_largest_component(inside.view(np.uint8)).view(bool)
        labels[inside] = value
    return labels


def _winning_labels(
    logits: np.ndarray, shape_zyx: tuple[int, int, int], orders: tuple[int, int, int]
) -> np.ndarray:
    """Return the label with the largest resampled logit for each voxel of `shape_zyx`."""
    classes = logits.shape[-1]
    dtype = np.uint8 if classes <= 256 else np.uint16
    if logits.shape[:3] == tuple(shape_zyx):
        return logits.argmax(axis=-1).astype(dtype)
    # In plane first, per class; along z last and in slabs, where the size would explode.
    in_plane = (logits.shape[0], *shape_zyx[1:])
    by_class = [
        resample(logits[..., c : c + 1], in_plane, (0, *orders[1:]))[..., 0] for c in range(classes)
    ]
    labels = np.zeros(shape_zyx, dtype)
    rows = max(1, SLAB_NUMBERS // (shape_zyx[0] * shape_zyx[2]))
    for first in range(0, shape_zyx[1], rows):
        slab = slice(first, min(first + rows, shape_zyx[1]))
        _write_winners(labels[:, slab], [plane[:, slab] for plane in by_class], orders[0])
    return labels


def _write_winners(labels: np.ndarray, planes: list[np.ndarray], order: int) -> None:
    """Resample each class's slab along z and write the winning class into `labels`."""
    best = None
    for label, plane in enumerate(planes):
        part = np.ascontiguousarray(plane)[..., np.newaxis]
        values = resample(part, labels.shape, (order, 0, 0))[..., 0]
        if best is None:
            best = values
            continue
        wins = values > best
        np.copyto(best, values, where=wins)
        labels[wins] = label
