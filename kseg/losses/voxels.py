"""What every voxel loss needs: checked labels, class planes and class masks.

The losses work on one plane of shape (cases, voxels) per class instead of on (cases, voxels,
classes). Class counts are small, and reductions over a last axis of 2 to 9 numbers are what makes
the usual formulation slow on a CPU; planes are two to three times as fast.
"""

from typing import NamedTuple

from keras import ops

# Stands for "ignored" inside the losses; it equals no class, so that no mask holds the voxel.
_IGNORED = -1.0


class ClassPlanes(NamedTuple):
    """Softmax in parts, each a float32 tensor of shape (cases, voxels).

    Attributes:
        shifted: one tensor per class, the logit minus the voxel's largest logit.
        exponentials: one tensor per class, exp(shifted).
        total: sum of the exponentials; at least 1.
    """

    shifted: list
    exponentials: list
    total: object


class VoxelLabels(NamedTuple):
    """Labels laid flat.

    Attributes:
        masks: one float32 tensor of shape (cases, voxels) per class, 1 where the label is it; with
            regions one per region, 1 where the label belongs to it.
        kept: float32 tensor of shape (cases, voxels), 0 where the voxel is ignored; `None` where
            no label is to be ignored.
        outside: bool tensor of shape (cases,), true where a label is no class of the logits.
    """

    masks: list
    kept: object
    outside: object


def logit_planes(logits) -> list:
    """Split logits into one float32 plane per channel.

    Args:
        logits: tensor of any float type.

    Input shape:
        (cases, …spatial, channels)

    Returns:
        List of `channels` tensors of shape (cases, voxels).
    """
    logits = ops.cast(logits, "float32")
    flat = ops.reshape(logits, (ops.shape(logits)[0], -1, logits.shape[-1]))
    return ops.unstack(ops.transpose(flat, (2, 0, 1)), axis=0)


def class_planes(logits) -> ClassPlanes:
    """Split logits into one plane per class, ready for softmax and its logarithm.

    Args:
        logits: tensor of any float type.

    Input shape:
        (cases, …spatial, classes)

    Returns:
        `ClassPlanes` with `classes` planes of shape (cases, voxels).
    """
    planes = logit_planes(logits)
    largest = planes[0]
    for plane in planes[1:]:
        largest = ops.maximum(largest, plane)
    # The shift cancels in softmax: as a constant it saves its gradient and keeps exp() below 1.
    largest = ops.stop_gradient(largest)
    shifted = [plane - largest for plane in planes]
    exponentials = [ops.exp(plane) for plane in shifted]
    total = exponentials[0]
    for plane in exponentials[1:]:
        total = total + plane
    return ClassPlanes(shifted, exponentials, total)


def voxel_labels(labels, logits, ignore_label: int | None = None, regions=None) -> VoxelLabels:
    """Turn a label map into one mask per class, or per region, of the logits.

    Args:
        labels: tensor of whole numbers, of any numeric type.
        logits: tensor; only its shape is read.
        ignore_label: int, a label whose voxels are in no mask. `None`: none.
        regions: sequence of tuples of labels, one per channel of the logits. `None`: channel k
            stands for label k.

    Input shape:
        labels (cases, …spatial) or (cases, …spatial, 1); logits (cases, …spatial, channels)

    Returns:
        `VoxelLabels` with `channels` masks of shape (cases, voxels). With regions any label from 0
        to the largest one of them is known; one that is in no region is background.

    Raises:
        ValueError: if the shapes do not belong together, or there are fewer than 2 classes.
    """
    check_shapes(tuple(labels.shape), tuple(logits.shape), regions)
    groups = [(k,) for k in range(logits.shape[-1])] if regions is None else regions
    flat = ops.reshape(ops.cast(labels, "float32"), (ops.shape(labels)[0], -1))
    known, kept = flat, None
    if ignore_label is not None:
        ignored = ops.equal(flat, float(ignore_label))
        kept = 1.0 - ops.cast(ignored, "float32")
        known = ops.where(ignored, 0.0, flat)
        flat = ops.where(ignored, _IGNORED, flat)
    outside = ops.logical_or(
        ops.less(ops.min(known, axis=1), 0.0),
        ops.greater(ops.max(known, axis=1), float(max(map(max, groups)))),
    )
    return VoxelLabels([_mask(flat, group) for group in groups], kept, outside)


def _mask(flat, group: tuple):
    inside = ops.equal(flat, float(group[0]))
    for label in group[1:]:
        inside = ops.logical_or(inside, ops.equal(flat, float(label)))
    return ops.cast(inside, "float32")


def mean_of_kept(voxel_losses, kept):
    """Average over the voxels of each case that are not ignored.

    Args:
        voxel_losses: float32 tensor, 0 where the voxel is ignored.
        kept: float32 tensor from `voxel_labels`, or `None`.

    Input shape:
        both (cases, voxels)

    Returns:
        Tensor of shape (cases,), 0 for a case that is ignored altogether.
    """
    if kept is None:
        return ops.mean(voxel_losses, axis=1)
    return ops.sum(voxel_losses, axis=1) / ops.maximum(ops.sum(kept, axis=1), 1.0)


def blank_where_outside(losses, outside):
    """Make a loss NaN where its labels are no classes: such voxels must not vanish silently.

    Args:
        losses: float32 tensor.
        outside: bool tensor from `voxel_labels`.

    Input shape:
        both (cases,)

    Returns:
        Tensor of shape (cases,).
    """
    return ops.where(outside, float("nan"), losses)


def check_shapes(labels_shape: tuple, logits_shape: tuple, regions=None) -> None:
    """Refuse labels that do not lie on the grid of the logits.

    Args:
        labels_shape: shape of the label map, `None` for unknown sizes.
        logits_shape: shape of the logits, `None` for unknown sizes.
        regions: sequence with one entry per channel of the logits, or `None` for classes.

    Raises:
        ValueError: if the shapes do not belong together, or there are fewer than 2 classes.
    """
    channels = logits_shape[-1] if len(logits_shape) > 1 else None
    if regions is not None and channels != len(regions):
        raise ValueError(
            f"Logits must have one channel per region ({len(regions)}). "
            f"Received: shape={logits_shape}"
        )
    if regions is None and (channels is None or channels < 2):
        raise ValueError(
            "Logits must have shape (cases, …spatial, classes) with 2 classes or more. "
            f"Received: shape={logits_shape}"
        )
    grid = logits_shape[:-1]
    if len(labels_shape) == len(logits_shape) and labels_shape[-1] == 1:
        labels_shape = labels_shape[:-1]
    pairs = zip(labels_shape, grid, strict=False)
    fits = all(a is None or b is None or a == b for a, b in pairs)
    if len(labels_shape) != len(grid) or not fits:
        raise ValueError(
            "Labels must be whole numbers of shape (cases, …spatial) on the grid of the logits, "
            f"not one-hot. Received: labels shape={labels_shape}, logits shape={logits_shape}"
        )
