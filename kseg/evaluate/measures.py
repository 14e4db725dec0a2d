"""What is measured: each measure's name, unit, direction and rule for empty masks."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """One measure of how well a label was found.

    Args:
        name: str, the column in `cases.csv` and the key in `summary.json`.
        title: str, what a table's heading says.
        unit: str, `"mm"`, `"ml"`, `"%"` or empty for a number from 0 to 1.
        better: `"higher"`, `"lower"`, or `"zero"` where the sign tells too much from too little.
        meaning: str, one sentence.
        nothing_true: str, its value where the label is predicted but not there.
        nothing_predicted: str, its value where the label is there but not predicted.

    Example:
        >>> measure("hd95_mm").better, measure("hd95_mm").nothing_predicted
        ('lower', 'infinite')
    """

    name: str
    title: str
    unit: str
    better: Literal["higher", "lower", "zero"]
    meaning: str
    nothing_true: str
    nothing_predicted: str


_AREA = "each surface element counts by its area"

MEASURES = (
    Measure(
        "dice", "Dice", "", "higher",
        "Twice the common voxels over the sum of both masks.", "0", "0",
    ),
    Measure(
        "iou", "IoU", "", "higher",
        "Common voxels over the voxels of either mask (Jaccard index).", "0", "0",
    ),
    Measure(
        "precision", "Precision", "", "higher",
        "Share of the predicted voxels that are true.", "0", "blank",
    ),
    Measure(
        "recall", "Recall", "", "higher",
        "Share of the true voxels that were predicted.", "blank", "0",
    ),
    Measure(
        "nsd", "NSD", "", "higher",
        f"Share of both surfaces that lies within the tolerance of the other; {_AREA}.", "0", "0",
    ),
    Measure(
        "hd_mm", "HD", "mm", "lower",
        "Largest distance from either surface to the other (Hausdorff).", "infinite", "infinite",
    ),
    Measure(
        "hd95_mm", "HD95", "mm", "lower",
        f"Distance that 95 % of either surface keeps to the other; {_AREA}.",
        "infinite", "infinite",
    ),
    Measure(
        "assd_mm", "ASSD", "mm", "lower",
        f"Mean distance of both surfaces, taken together, to the other; {_AREA}.",
        "infinite", "infinite",
    ),
    Measure(
        "masd_mm", "MASD", "mm", "lower",
        f"Mean of the two surfaces' mean distances to the other; {_AREA}.",
        "infinite", "infinite",
    ),
    Measure(
        "volume_error_ml", "Volume error", "ml", "zero",
        "Predicted volume minus true volume.", "the predicted volume", "minus the true volume",
    ),
    Measure(
        "volume_error_percent", "Volume error", "%", "zero",
        "Predicted volume minus true volume, over the true volume.", "blank", "-100",
    ),
    Measure(
        "lesion_precision", "Lesion precision", "", "higher",
        "Share of the predicted pieces that touch a true one.", "0", "blank",
    ),
    Measure(
        "lesion_recall", "Lesion recall", "", "higher",
        "Share of the true pieces that a predicted one touches.", "blank", "0",
    ),
    Measure(
        "lesion_f1", "Lesion F1", "", "higher",
        "Harmonic mean of lesion precision and recall.", "0", "0",
    ),
)  # fmt: skip
MEASURE_NAMES = tuple(entry.name for entry in MEASURES)


def measure(name: str) -> Measure:
    """Return the measure of that name.

    Args:
        name: str, such as `"dice"`.

    Returns:
        `Measure`.

    Raises:
        ValueError: if there is none.

    Example:
        >>> measure("assd_mm").title
        'ASSD'
    """
    for entry in MEASURES:
        if entry.name == name:
            return entry
    raise ValueError(f"`name` must be one of {MEASURE_NAMES}. Received: name={name!r}.")
