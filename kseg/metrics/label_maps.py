"""What the metrics read from labels and logits: flat maps of (cases, voxels), checked labels."""

from collections.abc import Sequence

from keras import ops

# Stands for "left out"; it equals no label, so that the voxel is in no mask of either map.
IGNORED = -1.0


def flat_labels(labels, cases):
    """Lay a label map flat.

    Args:
        labels: tensor of whole numbers, of any numeric type.
        cases: number of cases, as `ops.shape(logits)[0]` gives it.

    Input shape:
        (cases, …spatial) or (cases, …spatial, 1)

    Returns:
        float32 tensor of shape (cases, voxels).
    """
    return ops.reshape(ops.cast(labels, "float32"), (cases, -1))


def logit_planes(logits) -> list:
    """Split logits into one plane per channel.

    One plane per class: an argmax over a last axis of a few numbers costs four times as much.

    Args:
        logits: tensor of any float type.

    Input shape:
        (cases, …spatial, channels)

    Returns:
        List of float32 tensors of shape (cases, voxels).
    """
    logits = ops.cast(logits, "float32")
    flat = ops.reshape(logits, (ops.shape(logits)[0], -1, logits.shape[-1]))
    return ops.unstack(ops.transpose(flat, (2, 0, 1)), axis=0)


def largest_class(logits):
    """Return the class of the largest logit of each voxel, the first of equals.

    Args:
        logits: tensor of any float type.

    Input shape:
        (cases, …spatial, classes)

    Returns:
        float32 tensor of shape (cases, voxels).
    """
    largest, *others = logit_planes(logits)
    label = ops.zeros_like(largest)
    for k, plane in enumerate(others, start=1):
        label = ops.where(ops.greater(plane, largest), float(k), label)
        largest = ops.maximum(largest, plane)
    return label


def is_label(value) -> bool:
    """Return whether `value` is an int of 0 or more; True is no number here."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def check_labels(name: str, labels: Sequence[int]) -> tuple[int, ...]:
    """Return labels as a tuple, or refuse them.

    Args:
        name: name of the argument.
        labels: one or more ints of 0 or more.

    Returns:
        Tuple of int.

    Raises:
        ValueError: if there is none, or one is no int of 0 or more.
    """
    labels = tuple(labels)
    if not labels or not all(map(is_label, labels)):
        raise ValueError(f"`{name}` must be None or ints of 0 or more. Received: {name}={labels}.")
    return labels


def check_ignore_label(ignore_label: int | None) -> int | None:
    """Return the ignore label as it came, or refuse it.

    Args:
        ignore_label: int or `None`.

    Returns:
        The same value.

    Raises:
        ValueError: if it is neither `None` nor an int.
    """
    is_int = isinstance(ignore_label, int) and not isinstance(ignore_label, bool)
    if ignore_label is None or is_int:
        return ignore_label
    raise ValueError(
        f"`ignore_label` must be an int or None. Received: ignore_label={ignore_label}."
    )
