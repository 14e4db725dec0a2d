"""Pictures of the worst, the median and the best case, read from their files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kseg.dataset import ReadOptions, join_labels
from kseg.errors import KsegError
from kseg.evaluate import EvaluatedLabel, LabelScore
from kseg.report.content import CasePictures
from kseg.report.pictures import case_planes, pick_cases
from kseg.report.shrink import viewer_scan
from kseg.volume import Volume, raise_refusals, read_image, read_labels
from kseg.volume.regrid import labels_on_grid
from kseg.volume.same_grid import check_same_canonical_grid, turned_like

# What radiologists look at the abdomen with, in HU; other scans are shown as bright as they are.
CT_WINDOW_HU = (-160.0, 240.0)


@dataclass(frozen=True)
class CaseFiles:
    """The files of one case.

    Args:
        images: files of the scan, one or one for each channel; empty where there is none.
        truth: file of the true mask.
        predicted: file of the predicted mask.
    """

    images: tuple[Path, ...]
    truth: Path
    predicted: Path


@dataclass(frozen=True)
class Showing:
    """How cases are to be shown.

    Args:
        labels: `EvaluatedLabel`s, in the order of their colours.
        options: `ReadOptions`, as the masks were read; labels of the truth are joined by them.
        is_ct: bool, the first channel is CT, in HU.
        resample: bool, a prediction on another grid is brought to the grid of the truth.
        ignore: int, value of voxels of the truth that were left out of both masks; or None.
    """

    labels: Sequence[EvaluatedLabel]
    options: ReadOptions = ReadOptions()
    is_ct: bool = False
    resample: bool = False
    ignore: int | None = None


def draw_cases(
    scores: Sequence[LabelScore],
    files_of: Callable[[str], CaseFiles | None],
    showing: Showing,
) -> tuple[tuple[CasePictures, ...], tuple[str, ...]]:
    """Draw the worst, the median and the best case.

    Args:
        scores: `LabelScore`s of all cases.
        files_of: function of a case's id that returns its files, or None.
        showing: `Showing`.

    Returns:
        The pictures, the worst first, and a sentence for each case that could not be drawn.
    """
    pictures, problems = [], []
    for case, rank, mean_dice in pick_cases(scores):
        files = files_of(case)
        if files is None:
            problems.append(f"{case} ({rank}) is not shown: its scan was not found.")
            continue
        try:
            pictures.append(_draw(case, files, showing, rank, mean_dice))
        except (KsegError, OSError) as error:
            reason = error.why if isinstance(error, KsegError) else error.strerror
            problems.append(f"{case} ({rank}) is not shown: {reason}.")
    return tuple(pictures), tuple(problems)


def _draw(
    case: str, files: CaseFiles, showing: Showing, rank: str, mean_dice: float
) -> CasePictures:
    image, truth, predicted = _read(files, showing)
    if showing.ignore is not None:
        left_out = truth.voxels == showing.ignore
        truth.voxels[left_out] = predicted[left_out] = 0
    grey = None if image is None else image.voxels[..., 0]
    window = CT_WINDOW_HU if showing.is_ct and image is not None else None
    planes = case_planes(
        grey,
        truth.voxels,
        predicted,
        truth.spacing_mm,
        showing.labels,
        window,
        affine=truth.affine,
    )
    scan = viewer_scan(grey, truth.voxels, predicted, truth.affine, window=window)
    return CasePictures(case, rank, mean_dice, planes, scan)


def _read(files: CaseFiles, showing: Showing) -> tuple[Volume | None, Volume, np.ndarray]:
    """Return the scan, the true mask and the predicted one, all on the grid of the truth."""
    geometry = {
        "affine_from": showing.options.affine_from,
        "assume_orientation": showing.options.assume_orientation,
        "purpose": "predict",
    }
    truth = read_labels(files.truth, **geometry)
    name = f"the true mask {files.truth.name}"
    image = None
    if files.images:
        image = read_image(files.images, nonfinite="replace", **geometry)
        image = turned_like(replace(image, voxels=image.voxels[..., :1]), truth)
        raise_refusals(check_same_canonical_grid(truth, image, name, files.images[0].name))
    predicted = turned_like(read_labels(files.predicted, **geometry), truth)
    found = check_same_canonical_grid(truth, predicted, name, files.predicted.name)
    refused = any(finding.severity == "refuse" for finding in found)
    if refused and not showing.resample:
        raise_refusals(found)
    voxels = labels_on_grid(predicted, truth) if refused else predicted.voxels
    truth = replace(truth, voxels=join_labels(truth.voxels, showing.options))
    return image, truth, voxels
