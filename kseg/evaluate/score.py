"""What is known of one label of one case, and how it is to be measured."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kseg.dataset import Regions


@dataclass(frozen=True)
class EvaluatedLabel:
    """A label to judge: a name, and the mask values that belong to it.

    Args:
        name: str.
        values: tuple of int; several for a region that is made of several labels.

    Example:
        >>> EvaluatedLabel("whole tumour", (1, 2, 4)).values
        (1, 2, 4)
    """

    name: str
    values: tuple[int, ...]


def labels_by_value(label_names: Sequence[str]) -> tuple[EvaluatedLabel, ...]:
    """Return the labels of a data set, whose names stand in the order of their values.

    Args:
        label_names: names, index = value, the background first.

    Returns:
        tuple of `EvaluatedLabel`, without the background.

    Example:
        >>> labels_by_value(("background", "liver"))
        (EvaluatedLabel(name='liver', values=(1,)),)
    """
    return tuple(
        EvaluatedLabel(name, (value,)) for value, name in enumerate(label_names) if value > 0
    )


def evaluated_labels(
    label_names: Sequence[str], regions: Regions | None
) -> tuple[EvaluatedLabel, ...]:
    """Return what is judged of a data set: its regions if it has some, else its labels.

    Args:
        label_names: names, index = value, the background first.
        regions: `kseg.dataset.Regions`, or None.

    Returns:
        tuple of `EvaluatedLabel`.

    Example:
        >>> regions = Regions(("whole", "core"), ((1, 2), (2,)), (1, 2))
        >>> evaluated_labels(("background", "a", "b"), regions)[0]
        EvaluatedLabel(name='whole', values=(1, 2))
    """
    if regions is None:
        return labels_by_value(label_names)
    return tuple(map(EvaluatedLabel, regions.names, regions.labels))


@dataclass(frozen=True)
class EvaluateSettings:
    """How masks are to be measured.

    Args:
        tolerance_mm: float, the distance within which surfaces agree for NSD, in mm.
        label_tolerance_mm: mapping of label name to float, for labels with one of their own.
        overlap_only: bool, leave out all that looks at surfaces and pieces; they stay blank.

    Example:
        >>> EvaluateSettings(2.0, {"aorta": 1.0}).tolerance_of("aorta")
        1.0
    """

    tolerance_mm: float = 2.0
    label_tolerance_mm: Mapping[str, float] = field(default_factory=dict)
    overlap_only: bool = False

    def tolerance_of(self, label: str) -> float:
        """Return the tolerance of a label in mm."""
        return self.label_tolerance_mm.get(label, self.tolerance_mm)


@dataclass(frozen=True)
class LabelScore:
    """How well one label of one case was found.

    A measure is NaN (blank in tables) where it has no meaning, and a distance is infinite where
    only one of the masks holds the label: see `kseg.evaluate.MEASURES`.

    Args:
        case: str, id of the case.
        subject: str, the person it comes from.
        label: str, name of the label.
        dice: float from 0 to 1.
        iou: float from 0 to 1.
        precision: float from 0 to 1.
        recall: float from 0 to 1.
        nsd: float from 0 to 1, at the tolerance of the settings.
        hd_mm: float, in mm.
        hd95_mm: float, in mm.
        assd_mm: float, in mm.
        masd_mm: float, in mm.
        volume_error_ml: float, predicted minus true volume in ml.
        volume_error_percent: float, the same in per cent of the true volume.
        lesion_precision: float from 0 to 1.
        lesion_recall: float from 0 to 1.
        lesion_f1: float from 0 to 1.
        truth_lesions: int, connected pieces of the true mask.
        predicted_lesions: int, connected pieces of the predicted mask.
        truth_voxels: int, voxels of the label in the true mask.
        predicted_voxels: int, voxels of the label in the predicted mask.
        truth_ml: float, volume of the label in the true mask in ml.
        predicted_ml: float, volume of the label in the predicted mask in ml.

    Example:
        >>> LabelScore("a", "person_1", "liver", dice=0.9, predicted_ml=1.1).predicted_ml
        1.1
    """

    case: str
    subject: str
    label: str
    dice: float = math.nan
    iou: float = math.nan
    precision: float = math.nan
    recall: float = math.nan
    nsd: float = math.nan
    hd_mm: float = math.nan
    hd95_mm: float = math.nan
    assd_mm: float = math.nan
    masd_mm: float = math.nan
    volume_error_ml: float = math.nan
    volume_error_percent: float = math.nan
    lesion_precision: float = math.nan
    lesion_recall: float = math.nan
    lesion_f1: float = math.nan
    truth_lesions: int = 0
    predicted_lesions: int = 0
    truth_voxels: int = 0
    predicted_voxels: int = 0
    truth_ml: float = 0.0
    predicted_ml: float = 0.0
