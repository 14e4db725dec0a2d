"""What makes a validation worthless: copies on both sides, labels that nothing teaches."""

from collections.abc import Sequence
from pathlib import Path

from kseg.errors import ManifestError
from kseg.evaluate import EvaluatedLabel
from kseg.preprocess import CachedCase


def refuse_copies(
    train: Sequence[CachedCase], validation: Sequence[CachedCase], root: Path
) -> None:
    """Refuse a split that has the same image in training and in validation, whatever its id.

    Args:
        train: cached training cases.
        validation: cached validation cases.
        root: the data set, for the message.

    Raises:
        ManifestError: naming every pair.
    """
    trained = {case.image_sha256: case.id for case in train}
    pairs = [
        f"{trained[case.image_sha256]} (trains) and {case.id} (validates)"
        for case in validation
        if case.image_sha256 in trained
    ]
    if pairs:
        raise ManifestError(
            why=f"these cases hold the same image: {', '.join(pairs)}",
            file=root,
            fix="remove one of each pair, or give both the same `subject`, so that they never part",
            code="KS-E02",
        )


def refuse_absent_labels(
    labels: Sequence[EvaluatedLabel], label_voxels: Sequence[int], root: Path
) -> None:
    """Refuse a training split in which a declared label, or region, has no voxel.

    Args:
        labels: `EvaluatedLabel`s, those that are learned.
        label_voxels: voxels of each label value over all training cases.
        root: the data set, for the message.

    Raises:
        ManifestError: naming every such label.
    """
    absent = [
        label.name for label in labels if not any(label_voxels[value] for value in label.values)
    ]
    if absent:
        raise ManifestError(
            why=f"no training case has a voxel of the declared labels {', '.join(absent)}",
            file=root,
            fix="add cases that show them, take them out of the declared labels, or change "
            "`data.fold`",
            code="KS-C06",
        )
