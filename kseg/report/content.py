"""What a page tells, before it is a page: plain data, in the order in which it is read."""

import math
from dataclasses import dataclass, field

from kseg.evaluate import LabelScore, Summary


@dataclass(frozen=True)
class Fact:
    """One line of a list of facts.

    Args:
        name: str.
        value: str.
    """

    name: str
    value: str


@dataclass(frozen=True)
class Chart:
    """A drawing of curves.

    Args:
        title: str.
        caption: str, what is to be seen, for those who cannot see it too.
        svg: str, an `<svg>` element that takes the page's colours and fetches nothing.
    """

    title: str
    caption: str
    svg: str


@dataclass(frozen=True)
class Plane:
    """One slice of a case with both outlines.

    Args:
        name: str, `"axial"`, `"coronal"` or `"sagittal"`.
        caption: str, which slice it is, in voxels and mm.
        svg: str, an `<svg>` element: the slice as an image, and paths of the classes `truth`,
            `predicted` and `label-N`.
    """

    name: str
    caption: str
    svg: str


@dataclass(frozen=True)
class CasePictures:
    """Pictures of one case.

    Args:
        case: str, id of the case.
        rank: str, why it is shown, such as `"worst"`.
        mean_dice: float, mean over its labels; NaN where no label has a value.
        planes: tuple of `Plane`.
        viewer: `ViewerScan` for the viewer in the page, or None.
    """

    case: str
    rank: str
    mean_dice: float
    planes: tuple[Plane, ...]
    viewer: "ViewerScan | None" = None


@dataclass(frozen=True)
class ViewerScan:
    """Volumes of one case for the viewer in the page, as bytes of `.nii.gz` files.

    Args:
        image: bytes of the scan, 8-bit and perhaps coarser than the original; None without scan.
        truth: bytes of the true mask on the same grid.
        predicted: bytes of the predicted mask on the same grid.
        note: str, what was done to make it small, for the caption.
    """

    image: bytes | None
    truth: bytes
    predicted: bytes
    note: str


@dataclass(frozen=True)
class ClassSize:
    """How large one label is over the cases that were judged.

    Args:
        label: str.
        cases: int, cases that hold it.
        median_ml: float, median volume in ml over these cases; NaN without any.
        smallest_ml: float.
        largest_ml: float.
        share_percent: float, its share of all labelled volume in per cent.
    """

    label: str
    cases: int
    median_ml: float
    smallest_ml: float
    largest_ml: float
    share_percent: float


@dataclass(frozen=True)
class FoldLine:
    """One fold of a cross-validation.

    Args:
        fold: int.
        cases: int, cases that it validates.
        mean_dice: float, mean over labels; NaN where it did not finish.
        dice: tuple of float, mean over cases of each of the page's labels.
        steps: int, steps trained; None where it did not finish.
        minutes: float, time of the training; NaN where it did not finish.
        trouble: str, why it did not finish; empty where it did.
    """

    fold: int
    cases: int
    mean_dice: float = math.nan
    dice: tuple[float, ...] = ()
    steps: int | None = None
    minutes: float = math.nan
    trouble: str = ""


@dataclass(frozen=True)
class RecipeLine:
    """One key of the effective recipe.

    Args:
        key: str, dotted.
        value: str, as YAML.
        origin: str, where the value comes from.
    """

    key: str
    value: str
    origin: str


@dataclass(frozen=True)
class ComparisonLine:
    """One line of a paired comparison, ready to be shown.

    Args:
        measure: str, title of the measure.
        label: str.
        cells: tuple of str, in the order of `PageContent.comparison_columns`.
    """

    measure: str
    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class PageContent:
    """All that a page tells.

    Args:
        title: str.
        lead: str, one sentence that says how well what did on what.
        phantom: bool, the scans are synthetic, which the page says loudly.
        facts: tuple of `Fact`, what was trained on what.
        warnings: tuple of str, what the reader should know before the numbers.
        summary: `Summary`, or None where nothing was judged.
        scores: tuple of `LabelScore`, all cases.
        tolerance_mm: mapping of label to float, tolerance of NSD in mm.
        folds: tuple of `FoldLine` of a cross-validation.
        charts: tuple of `Chart`.
        pictures: tuple of `CasePictures`, the worst first.
        pictures_note: str, why there are none, or what they show.
        classes: tuple of `ClassSize`.
        classes_of: str, which cases these sizes are of.
        sentences: tuple of str, the comparison in plain English.
        comparison_columns: tuple of str, headings of the comparison's cells.
        comparison: tuple of `ComparisonLine`.
        recipe: tuple of `RecipeLine`.
        environment: tuple of `Fact`.
        labels: tuple of str, the labels in the order of their colours.
    """

    title: str
    lead: str
    phantom: bool
    facts: tuple[Fact, ...] = ()
    warnings: tuple[str, ...] = ()
    summary: Summary | None = None
    scores: tuple[LabelScore, ...] = ()
    tolerance_mm: dict[str, float] = field(default_factory=dict)
    folds: tuple[FoldLine, ...] = ()
    charts: tuple[Chart, ...] = ()
    pictures: tuple[CasePictures, ...] = ()
    pictures_note: str = ""
    classes: tuple[ClassSize, ...] = ()
    classes_of: str = "the cases judged"
    sentences: tuple[str, ...] = ()
    comparison_columns: tuple[str, ...] = ()
    comparison: tuple[ComparisonLine, ...] = ()
    recipe: tuple[RecipeLine, ...] = ()
    environment: tuple[Fact, ...] = ()
    labels: tuple[str, ...] = ()
