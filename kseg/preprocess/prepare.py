"""Turn a scan into what the network sees, and keep what is needed to go back."""

from dataclasses import dataclass

import numpy as np

from kseg.preprocess.crop import Box, background_values, box_slices, content_box, full_box
from kseg.preprocess.grid import Spacing, Triple, interpolation_orders, target_shape
from kseg.preprocess.normalize import normalize
from kseg.preprocess.plan import PreprocessPlan
from kseg.preprocess.resample import resample, resample_labels
from kseg.volume import Volume

FLOAT16_LIMIT = float(np.finfo(np.float16).max)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A scan in network units on the network's grid.

    To go back: resample logits to `cropped_shape_zyx` with
    `interpolation_orders(spacing_mm, source_spacing_mm, 1)`, then set them into `box` of an image
    of `full_shape_zyx`; what lies outside is background.

    Args:
        voxels: contiguous float16 array (z, y, x, channel).
        labels: array (z, y, x) of labels on the same grid, or `None`.
        box: 3 pairs (start, stop) for z, y, x, content within the canonical full grid.
        full_shape_zyx: 3 ints, voxels of the canonical full grid.
        cropped_shape_zyx: 3 ints, voxels of the box.
        source_spacing_mm: 3 floats (z, y, x), spacing of the full grid in mm.
        spacing_mm: 3 floats (z, y, x), spacing of `voxels` in mm.
        notes: sentences on what a person may want to know: constant channels, labels cut off.
    """

    voxels: np.ndarray
    labels: np.ndarray | None
    box: Box
    full_shape_zyx: Triple
    cropped_shape_zyx: Triple
    source_spacing_mm: Spacing
    spacing_mm: Spacing
    notes: tuple[str, ...] = ()


def prepare(volume: Volume, plan: PreprocessPlan, labels: Volume | None = None) -> Prepared:
    """Crop, scale and resample a scan, and its mask if there is one.

    Args:
        volume: `Volume` of the image.
        plan: `PreprocessPlan`.
        labels: `Volume` of the mask on the same grid.

    Returns:
        `Prepared`.

    Raises:
        ValueError: if the mask has another shape, or the image other channels than the plan.

    Example:
        >>> from kseg.preprocess.normalize import ChannelScaling
        >>> from kseg.volume import make_grid
        >>> grid = make_grid(np.eye(4), (6, 6, 4))
        >>> scan = Volume(np.zeros((4, 6, 6, 1), np.float32), np.eye(4), grid)
        >>> plan = PreprocessPlan((2.0, 1.0, 1.0), (ChannelScaling("per_image"),))
        >>> prepare(scan, plan).voxels.shape
        (2, 6, 6, 1)
    """
    full_shape_zyx = volume.voxels.shape[:3]
    if labels is not None and labels.voxels.shape != full_shape_zyx:
        raise ValueError(
            f"`labels` must have the image's shape {full_shape_zyx}."
            f" Received: shape={labels.voxels.shape}."
        )
    backgrounds = background_values(volume.voxels)
    box = content_box(volume.voxels, backgrounds) if plan.crop else full_box(full_shape_zyx)
    # A copy, since scaling works in place and the caller keeps the scan.
    voxels = np.array(volume.voxels[box_slices(box)], np.float32, order="C")
    cropped_shape_zyx = voxels.shape[:3]
    notes = [
        f"channel {channel} has the same value everywhere and was set to zero"
        for channel in normalize(voxels, plan.scalings, backgrounds)
    ]
    source_spacing_mm = tuple(float(step) for step in volume.spacing_mm)
    shape_zyx = target_shape(cropped_shape_zyx, source_spacing_mm, plan.spacing_mm)
    orders = interpolation_orders(source_spacing_mm, plan.spacing_mm, 3)
    voxels = resample(voxels, shape_zyx, orders)
    np.clip(voxels, -FLOAT16_LIMIT, FLOAT16_LIMIT, out=voxels)
    labels_zyx = None
    if labels is not None:
        orders = interpolation_orders(source_spacing_mm, plan.spacing_mm, 1)
        labels_zyx, note = _prepare_labels(labels.voxels, box, shape_zyx, orders)
        notes += note
    return Prepared(
        voxels=np.ascontiguousarray(voxels, np.float16),
        labels=labels_zyx,
        box=box,
        full_shape_zyx=full_shape_zyx,
        cropped_shape_zyx=cropped_shape_zyx,
        source_spacing_mm=source_spacing_mm,
        spacing_mm=plan.spacing_mm,
        notes=tuple(notes),
    )


def _prepare_labels(
    labels_zyx: np.ndarray, box: Box, shape_zyx: Triple, orders: Triple
) -> tuple[np.ndarray, list[str]]:
    cropped = np.ascontiguousarray(labels_zyx[box_slices(box)])
    notes = []
    if lost := np.count_nonzero(labels_zyx) - np.count_nonzero(cropped):
        # Prediction cannot find them either: there the box comes from the same image.
        notes = [f"{lost} labelled voxels lie on the image's empty background and were left out"]
    return resample_labels(cropped, shape_zyx, orders), notes
