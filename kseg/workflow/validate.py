"""Validation on whole cases: quick ones during training, the final one from the model folder."""

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from kseg.dataset import Case, join_labels, names_in_files
from kseg.errors import KsegError
from kseg.evaluate import (
    CASES_FILE,
    SUMMARY_FILE,
    EvaluateSettings,
    LabelScore,
    Summary,
    evaluate_case,
    evaluated_labels,
    leave_out,
    read_cases,
    summarise,
    write_tables,
)
from kseg.predict import Predictor, WindowSettings, restore_labels, window_origins
from kseg.preprocess import CachedCase, Prepared
from kseg.volume import read_case, read_grid, read_labels, write_labels
from kseg.workflow.log import Progress, RunLog
from kseg.workflow.material import Material
from kseg.workflow.scan import ScanPredictor

SCORE = "val_dice"


def score_columns(material: Material) -> tuple[str, ...]:
    """Return the names of what a validation measures: the mean Dice and that of each label.

    Args:
        material: `Material`.

    Returns:
        tuple of str.
    """
    labels = evaluated_labels(material.dataset.label_names, material.dataset.regions)
    return (SCORE, *(_column(label.name) for label in labels))


class CachedValidation:
    """Validate a network on cached cases, scored on the scans' own grids.

    Args:
        material: `Material` with at least one validation case.
        windows: `WindowSettings`.
        keep_largest: bool, whether only the largest piece of each label stays.
        progress: function of the cases done, the cases in all, and what is being done.
    """

    def __init__(
        self,
        material: Material,
        windows: WindowSettings,
        keep_largest: bool,
        progress: Progress = lambda done, total, what: None,
    ):
        self._material = material
        self._windows = windows
        self._keep_largest = keep_largest
        self._progress = progress
        self._predictor: Predictor | None = None

    def __call__(self, model: keras.Model) -> Mapping[str, float | None]:
        """Return `val_dice` and the Dice of each label, means over whole cases."""
        scores: list[LabelScore] = []
        cases, cached = self._material.validation_cases, self._material.validation
        for number, pair in enumerate(zip(cases, cached, strict=True)):
            self._progress(number, len(cases), "validating")
            scores += self._score(model, *pair)
        summary = summarise(scores)
        # A label that occurs in no validation case has no score, and is left blank.
        columns = {
            _column(entry.label): None if math.isnan(entry.dice.mean) else entry.dice.mean
            for entry in summary.labels
        }
        mean = summary.mean_dice
        return {SCORE: 0.0 if math.isnan(mean) else mean, **columns}

    def estimate_seconds(self, model: keras.Model) -> float:
        """Return about how many seconds a validation takes, from one case."""
        counts = [self._window_count(cached) for cached in self._material.validation]
        smallest = int(np.argmin(counts))
        case = self._material.validation_cases[smallest]
        cached = self._material.validation[smallest]
        self._score(model, case, cached)
        started = time.monotonic()
        self._score(model, case, cached)
        return (time.monotonic() - started) * sum(counts) / counts[smallest]

    def _window_count(self, cached: CachedCase) -> int:
        size = self._windows.size_zyx
        shape = tuple(map(max, cached.shape_zyx, size))
        return len(window_origins(shape, size, self._windows.overlap))

    def _score(self, model, case: Case, cached: CachedCase) -> Sequence[LabelScore]:
        if self._predictor is None:
            self._predictor = Predictor(model, self._windows)
        voxels, _, _ = cached.open_arrays()
        prepared = Prepared(
            voxels=voxels,
            labels=None,
            box=cached.box,
            full_shape_zyx=cached.full_shape_zyx,
            cropped_shape_zyx=cached.cropped_shape_zyx,
            source_spacing_mm=cached.source_spacing_mm,
            spacing_mm=cached.spacing_mm,
        )
        regions = self._material.dataset.regions
        predicted = restore_labels(
            self._predictor.logits(voxels),
            prepared,
            keep_largest=self._keep_largest,
            painted=None if regions is None else regions.painted,
        )
        options = self._material.options
        geometry = {
            "affine_from": options.affine_from,
            "assume_orientation": options.assume_orientation,
        }
        truth = read_labels(case.label, like=read_grid(case.images[0], **geometry), **geometry)
        joined = join_labels(truth.voxels, options)
        leave_out(joined, predicted, options.ignore)
        return evaluate_case(
            joined,
            predicted,
            evaluated_labels(self._material.dataset.label_names, regions),
            cached.source_spacing_mm,
            case.id,
            case.subject,
            # Surfaces would take time from the training, and nothing is decided by them.
            EvaluateSettings(overlap_only=True),
        )


def validate_finally(
    predictor: ScanPredictor, material: Material, folder: Path, log: RunLog
) -> Summary:
    """Predict every validation case from its file, as `kseg predict` does, and score it.

    Args:
        predictor: `ScanPredictor` of the run's own model folder.
        material: `Material`.
        folder: path of the run's `validation` folder.
        log: `RunLog`.

    Returns:
        `Summary`, as written to `summary.json` beside `cases.csv` and `masks`.
    """
    scores: list[LabelScore] = []
    options, names = material.options, material.dataset.label_names
    total = len(material.validation_cases)
    for number, case in enumerate(material.validation_cases, start=1):
        log.progress(number - 1, total, f"validating {case.id}")
        image, truth = read_case(
            case.images,
            case.label,
            label_names=names_in_files(names, options),
            channels=len(material.dataset.channels),
            affine_from=options.affine_from,
            assume_orientation=options.assume_orientation,
            nonfinite=options.nonfinite,
        )
        predicted = predictor.predict_volume(image)
        write_labels(folder / "masks" / f"{case.id}.nii.gz", predicted, image.grid)
        joined = join_labels(truth.voxels, options)
        leave_out(joined, predicted, options.ignore)
        of_case = evaluate_case(
            joined,
            predicted,
            evaluated_labels(names, material.dataset.regions),
            image.spacing_mm,
            case.id,
            case.subject,
            material.judging,
        )
        scores += of_case
        told = ", ".join(
            f"{score.label} {'-' if math.isnan(score.dice) else f'{score.dice:.3f}'}"
            for score in of_case
        )
        log(f"validated {number}/{total} {case.id}: {told}")
    return write_tables(folder, scores, phantom=material.dataset.phantom, settings=material.judging)


def stored_validation(material: Material, folder: Path) -> Summary | None:
    """Return the summary of a final validation that was made before and is still whole.

    Args:
        material: `Material`.
        folder: path of the run's `validation` folder.

    Returns:
        `Summary`, or None if a table or a mask is missing or cannot be read.
    """
    masks = [folder / "masks" / f"{case.id}.nii.gz" for case in material.validation_cases]
    if not all(path.is_file() for path in (folder / SUMMARY_FILE, *masks)):
        return None
    try:
        stored = read_cases(folder / CASES_FILE)
    except (KsegError, OSError):
        return None
    judged = {score.case for score in stored.scores}
    if judged != {case.id for case in material.validation_cases}:
        return None
    return summarise(stored.scores, phantom=material.dataset.phantom)


def _column(label: str) -> str:
    return f"{SCORE}_{label}"
