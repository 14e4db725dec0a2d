"""What all voxel losses share: an ignore label, float32, and one value per case."""

from collections.abc import Sequence

import keras

from kseg.losses.voxels import VoxelLabels, blank_where_outside, voxel_labels


class VoxelLoss(keras.losses.Loss):
    """Base of the losses of logits and whole-number labels.

    A child gives `case_losses`; labels are checked and laid flat before, and a case with a label
    that is no class of the logits scores NaN after.

    Args:
        ignore_label: int, a label whose voxels are left out. `None`: none.
        regions: sequence of sequences of labels, one per channel of the logits. `None`: channel k
            stands for label k.
        reduction: how Keras joins the cases, `"sum_over_batch_size"` for their mean.
        name: name of the loss.

    Raises:
        ValueError: if an argument is not as above.
    """

    def __init__(
        self,
        ignore_label: int | None,
        reduction: str | None,
        name: str,
        regions: Sequence[Sequence[int]] | None = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype="float32")
        self.ignore_label = _checked_ignore_label(ignore_label)
        self.regions = None if regions is None else _checked_regions(regions, ignore_label)

    def call(self, y_true, y_pred):
        """Return the loss of each case.

        Args:
            y_true: labels, see the class.
            y_pred: logits, see the class.

        Returns:
            float32 tensor of shape (cases,).
        """
        labels = voxel_labels(y_true, y_pred, self.ignore_label, self.regions)
        return blank_where_outside(self.case_losses(labels, y_pred), labels.outside)

    def case_losses(self, labels: VoxelLabels, logits):
        """Return the loss of each case, whatever its labels.

        Args:
            labels: `VoxelLabels`.
            logits: tensor of shape (cases, …spatial, channels).

        Returns:
            float32 tensor of shape (cases,).
        """
        raise NotImplementedError

    def get_config(self) -> dict:
        """Return the arguments that make an equal loss.

        Returns:
            Dict of plain values.
        """
        return {**super().get_config(), "ignore_label": self.ignore_label}


def _is_int(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _checked_ignore_label(ignore_label) -> int | None:
    if ignore_label is not None and not _is_int(ignore_label):
        raise ValueError(
            f"`ignore_label` must be an int or None. Received: ignore_label={ignore_label}"
        )
    return ignore_label


def _checked_regions(regions, ignore_label) -> list[list[int]]:
    message = (
        "`regions` must be a sequence of regions, each a sequence of different labels of 0 or "
        f"more. Received: regions={regions}"
    )
    try:
        checked = [list(region) for region in regions]
    except TypeError as error:
        raise ValueError(message) from error
    labels = [label for region in checked for label in region]
    if not checked or not all(checked) or not all(_is_int(n) and n >= 0 for n in labels):
        raise ValueError(message)
    if any(len(set(region)) != len(region) for region in checked):
        raise ValueError(message)
    if ignore_label in labels:
        raise ValueError(
            "`regions` must not hold the label to ignore. "
            f"Received: regions={regions}, ignore_label={ignore_label}"
        )
    return checked
