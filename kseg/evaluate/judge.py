"""Read a pair of masks, make sure that they can be compared, and measure them."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from kseg.errors import KsegError, VolumeError
from kseg.evaluate.case import evaluate_case
from kseg.evaluate.declared import DeclaredLabels, check_values, join_truth
from kseg.evaluate.pairs import Pair
from kseg.evaluate.score import EvaluatedLabel, EvaluateSettings, LabelScore
from kseg.volume import Volume, read_labels
from kseg.volume.affine import AffineFrom
from kseg.volume.regrid import labels_on_grid
from kseg.volume.same_grid import check_same_canonical_grid, turned_like

_RESAMPLE = "pass --resample to bring the prediction onto the grid of the truth"
_CHOOSE_FORM = "pass --affine-from sform or --affine-from qform, whichever is right"


@dataclass(frozen=True)
class MaskReading:
    """How masks are read that can be read in more than one way.

    Args:
        affine_from: `"auto"`, `"sform"` or `"qform"`: whom to believe where they differ.
        resample: bool, bring a predicted mask that lies on another grid onto that of the truth.

    Example:
        >>> MaskReading().resample
        False
    """

    affine_from: AffineFrom = "auto"
    resample: bool = False


@dataclass(frozen=True)
class CaseNote:
    """Something about one case that its numbers do not tell.

    Args:
        case: str, id of the case.
        kind: str, the same for notes that tell the same of several cases.
        why: str, what was done or found.

    Example:
        >>> CaseNote("a", "resampled", "its predicted mask was resampled").case
        'a'
    """

    case: str
    kind: str
    why: str


@dataclass(frozen=True)
class Failure:
    """A case that could not be judged.

    Args:
        case: str, id of the case.
        why: str, what must hold and what was found.
        code: str, stable identifier.
        file: str, path of the file at fault, or None.
        fix: str, what to do about it, or None.

    Example:
        >>> Failure("a", "it is empty", "KS-A04", "a.nii.gz", "copy it again").to_dict()["code"]
        'KS-A04'
    """

    case: str
    why: str
    code: str
    file: str | None
    fix: str | None

    def to_dict(self) -> dict[str, str | None]:
        """Return plain data for JSON, with the name of the file but not its place: tables travel.

        Returns:
            dict that JSON can hold.
        """
        return asdict(self) | {"file": None if self.file is None else Path(self.file).name}


@dataclass(frozen=True)
class JudgedCase:
    """A case that was judged.

    Args:
        case: str, its id.
        subject: str, the person.
        scores: tuple of `LabelScore`, one for each of the labels.
        labels: tuple of `EvaluatedLabel`: those declared, or else those that occur in its masks.
        notes: tuple of `CaseNote`.
    """

    case: str
    subject: str
    scores: tuple[LabelScore, ...]
    labels: tuple[EvaluatedLabel, ...]
    notes: tuple[CaseNote, ...]


def judge_pair(
    pair: Pair,
    declared: DeclaredLabels | None,
    settings: EvaluateSettings,
    reading: MaskReading,
) -> JudgedCase | Failure:
    """Measure one case; whatever is wrong with it becomes a `Failure`.

    Args:
        pair: `Pair`.
        declared: `DeclaredLabels`, or None where none are declared.
        settings: `EvaluateSettings`.
        reading: `MaskReading`.

    Returns:
        `JudgedCase` or `Failure`; never raises for masks that cannot be used.
    """
    case = pair.case
    try:
        truth, predicted, notes = _read(pair, reading)
        truth = replace(truth, voxels=join_truth(truth.voxels, declared, case.mask))
        ignored = leave_out(truth.voxels, predicted, declared.ignore if declared else None)
        if ignored:
            why = f"{ignored:,} voxels that the truth says to ignore were left out of both masks"
            notes.append(("ignore", why))
        labels = _labels_of(truth.voxels, predicted, declared, pair)
        scores = evaluate_case(
            truth.voxels, predicted, labels, truth.spacing_mm, case.id, case.subject, settings
        )
    except KsegError as error:
        fix = error.fix
        if "data.affine_from" in (fix or ""):
            # That is the key of a recipe; here it is an option.
            fix = _CHOOSE_FORM
        return Failure(case.id, error.why, error.code, error.file, fix)
    except Exception as error:
        # Masks too large for the memory, a fault of ours: the other cases still count.
        fix = "judge this case alone, with --threads 1; if memory suffices, report it to kseg"
        # As text, an error of the system would tell the place of the file.
        reason = error.strerror if isinstance(error, OSError) else error
        why = f"{type(error).__name__}: {reason}"
        return Failure(case.id, why, "KS-V05", str(pair.predicted), fix)
    told = tuple(CaseNote(case.id, kind, why) for kind, why in notes)
    return JudgedCase(case.id, case.subject, scores, labels, told)


def _read(pair: Pair, reading: MaskReading) -> tuple[Volume, np.ndarray, list[tuple[str, str]]]:
    """Return the truth, the predicted voxels on its grid, and notes of kind and sentence."""
    # "predict" accepts masks of scans without orientation, which have none either.
    how = {"affine_from": reading.affine_from, "purpose": "predict"}
    true_file, file = pair.case.mask, pair.predicted
    truth = read_labels(true_file, **how)
    predicted = turned_like(read_labels(file, **how), truth)
    # By names, not paths: what is found stands in tables and pages that travel.
    name = f"the true mask {true_file.name}"
    pairwise = check_same_canonical_grid(truth, predicted, name, file.name)
    notes = [
        (found.code, f"{Path(found.file).name}: {found.why}")
        for found in (*truth.findings, *predicted.findings, *pairwise)
        if found.severity == "repair"
    ]
    if true_file.resolve() == file.resolve():
        notes.append(("same file", "its predicted mask is the very file of its true mask"))
    apart = [found for found in pairwise if found.severity == "refuse"]
    if not apart:
        return truth, predicted.voxels, notes
    if not reading.resample:
        raise VolumeError(why=apart[0].why, code=apart[0].code, file=file, fix=_RESAMPLE)
    voxels = labels_on_grid(predicted, truth)
    before, after = _labelled_ml(predicted.voxels, predicted), _labelled_ml(voxels, truth)
    why = (
        "its predicted mask was resampled to the grid of the truth by nearest neighbour "
        f"({before:.2f} ml labelled before, {after:.2f} ml after)"
    )
    return truth, voxels, [*notes, ("resampled", why)]


def _labelled_ml(voxels: np.ndarray, grid: Volume) -> float:
    return np.count_nonzero(voxels) * float(np.prod(grid.spacing_mm)) / 1000.0


def leave_out(truth: np.ndarray, predicted: np.ndarray, ignore: int | None) -> int:
    """Make background, in both masks, of what the truth says to ignore.

    Args:
        truth: integer array (z, y, x), changed in place.
        predicted: integer array (z, y, x), changed in place.
        ignore: int, the value to ignore, or None for none.

    Returns:
        int, voxels that were left out.

    Example:
        >>> truth, predicted = np.array([[[1, 3]]]), np.array([[[2, 2]]])
        >>> leave_out(truth, predicted, 3), predicted.tolist()
        (1, [[[2, 0]]])
    """
    if ignore is None:
        return 0
    ignored = truth == ignore
    truth[ignored] = 0
    predicted[ignored] = 0
    return int(np.count_nonzero(ignored))


def _labels_of(
    truth: np.ndarray, predicted: np.ndarray, declared: DeclaredLabels | None, pair: Pair
) -> tuple[EvaluatedLabel, ...]:
    of_truth = check_values(truth, declared, pair.case.mask)
    of_predicted = check_values(predicted, declared, pair.predicted)
    if declared is not None:
        return of_truth
    return tuple(sorted({*of_truth, *of_predicted}, key=lambda label: label.values))
