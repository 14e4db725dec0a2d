"""The loss of a recipe, from plain arguments."""

from collections.abc import Sequence

from kseg.losses.combined import CombinedLoss
from kseg.losses.cross_entropy import WeightedCrossEntropy
from kseg.losses.dice import SoftDice


def build(
    *,
    cross_entropy_weight: float | None = 1.0,
    class_weights: str | Sequence[float] | None = None,
    dice_weight: float | None = 1.0,
    dice_per: str = "case",
    dice_background: bool = False,
    dice_smooth: float = 1.0,
    ignore_label: int | None = None,
) -> CombinedLoss:
    """Make the sum of cross-entropy and soft Dice that a recipe asks for.

    Args:
        cross_entropy_weight: weight of the cross-entropy; `None` leaves it out.
        class_weights: `None` or `"none"`, `"batch"`, or one weight per class. Weights measured on
            the data set come as such a sequence: a loss does not see the data set.
        dice_weight: weight of the soft Dice loss; `None` leaves it out.
        dice_per: `"case"` or `"batch"`.
        dice_background: whether the background counts as a class of the Dice loss.
        dice_smooth: smoothing term of the Dice loss, in voxels.
        ignore_label: label whose voxels both losses leave out.

    Returns:
        `CombinedLoss` of one or two terms.

    Raises:
        ValueError: if both weights are `None`, or an argument is refused by its loss.

    Example:
        >>> [loss.name for loss, weight in build(class_weights="batch").terms]
        ['cross_entropy', 'soft_dice']
    """
    terms = []
    if cross_entropy_weight is not None:
        weights = None if class_weights == "none" else class_weights
        terms.append((WeightedCrossEntropy(weights, ignore_label), cross_entropy_weight))
    if dice_weight is not None:
        dice = SoftDice(dice_per, dice_background, dice_smooth, ignore_label)
        terms.append((dice, dice_weight))
    if not terms:
        raise ValueError(
            "One of `cross_entropy_weight` and `dice_weight` must be a positive number. "
            "Received: None for both"
        )
    return CombinedLoss(terms)
