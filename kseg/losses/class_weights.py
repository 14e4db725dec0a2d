"""The weights of classes: given, by the batch, or measured over a data set."""

import math
from collections.abc import Sequence

SMALLEST_WEIGHT = 0.01


def measured_class_weights(voxels: Sequence[int]) -> tuple[float, ...]:
    """Weigh each class by 1 minus its share of the voxels of a data set.

    The same rule as `class_weights="batch"`, measured once: of two classes the background weighs
    the share of the foreground, the foreground the rest.

    Args:
        voxels: number of voxels of each class, background first, over all training cases.

    Returns:
        One weight per class between 0.01 and 1: a class that fills every voxel still counts a
        little.

    Raises:
        ValueError: if there are fewer than two classes, a negative number or no voxel at all.

    Example:
        >>> measured_class_weights([900, 100])
        (0.1, 0.9)
    """
    voxels = [int(count) for count in voxels]
    total = sum(voxels)
    if len(voxels) < 2 or min(voxels) < 0 or total == 0:
        raise ValueError(
            "`voxels` must hold the number of voxels of two classes or more, not all zero. "
            f"Received: voxels={voxels}"
        )
    return tuple(max(SMALLEST_WEIGHT, round(1 - count / total, 6)) for count in voxels)


def standardize_class_weights(class_weights) -> str | list[float] | None:
    """Return class weights as a loss keeps them, or refuse them.

    Args:
        class_weights: `None`, `"batch"`, or a sequence of one positive number per class.

    Returns:
        `None`, `"batch"` or a list of floats.

    Raises:
        ValueError: if they are nothing of that.
    """
    if class_weights is None or (isinstance(class_weights, str) and class_weights == "batch"):
        return class_weights
    message = (
        '`class_weights` must be None, "batch" or a sequence of positive finite numbers, one per '
        f"class. Received: class_weights={class_weights}"
    )
    if isinstance(class_weights, str):
        raise ValueError(message)
    try:
        weights = [float(weight) for weight in class_weights]
    except (TypeError, ValueError) as error:
        raise ValueError(message) from error
    if len(weights) < 2 or not all(math.isfinite(w) and w > 0 for w in weights):
        raise ValueError(message)
    return weights
