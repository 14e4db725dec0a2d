"""Predict many scans: one mask each; a scan that fails does not end the others."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from kseg.bundle import ModelDescription, ModelFolder
from kseg.errors import KsegError
from kseg.evaluate import joined_of_run
from kseg.storage import make_folder, remove_file
from kseg.volume import write_labels
from kseg.workflow.inputs import ScanFiles, plan_outputs
from kseg.workflow.record import PredictionRecord
from kseg.workflow.scan import ScanPredictor, make_predictor


def predict_cohort(
    folder: ModelFolder,
    inputs: Sequence[Path],
    out: Path,
    tell: Callable[[str], object],
    *,
    threads: int | None = None,
    allow_plugins: Sequence[str] = (),
) -> int:
    """Predict every input and write `predictions.json`.

    A folder may be predicted into again and again: `predictions.json` tells of every mask in it
    (see `PredictionRecord`).

    Args:
        folder: `ModelFolder` from `kseg.bundle.read_model`.
        inputs: files or folders.
        out: folder of the masks.
        tell: function of a sentence, for a person.
        threads: int, or None for all processors that this process may use.
        allow_plugins: names of the packages whose code may run, if the model needs any.

    Returns:
        The number of scans that failed; each is listed with its reason in `predictions.json`.

    Raises:
        KsegError: if the model cannot be used, the inputs make no sense together, or masks with
            other labels would stay beside the new ones.
    """
    scans = plan_outputs(inputs, out, len(folder.description.channels))
    record = PredictionRecord(out, _header(folder), [scan.output for scan in scans])
    predictor = make_predictor(folder, threads=threads, allow_plugins=allow_plugins)
    make_folder(out)
    record.remove_stale()
    if folder.description.phantom:
        tell("phantom: the model learned from synthetic scans; its masks say nothing of patients")
    for number, scan in enumerate(scans, start=1):
        entry = _predict_one(predictor, scan)
        # After each scan, so that a cohort that is cut short has told of all that it wrote.
        record.add(entry)
        tell(f"{number}/{len(scans)} {_outcome(entry, scan)}")
    return sum(entry["status"] == "failed" for entry in record.scans)


def _header(folder: ModelFolder) -> dict[str, object]:
    """Return what the record tells of all masks of one prediction."""
    description = folder.description
    header = {
        "notice": "For research use only. Not a medical device.",
        "model": {"name": description.name, "sha256": folder.digest},
        "trained_on": description.trained_on + (" (phantom)" if description.phantom else ""),
        "labels": list(description.label_names),
    }
    targets = description.label_names[1:]
    if description.regions is not None:
        header["regions"], targets = description.regions.to_dict(), description.regions.names
    # A model folder does not tell what its labels were joined of; the run round it does.
    if folder.files.run is not None:
        header |= joined_of_run(folder.files.run, targets)
    return header


def _predict_one(predictor: ScanPredictor, scan: ScanFiles) -> dict:
    # Names, not places: the record travels with the masks, and a folder's name may be a patient's.
    record = {"input": [path.name for path in scan.images], "output": scan.output.name}
    # A mask of an earlier prediction must not stay if this one fails.
    remove_file(scan.output)
    try:
        volume = predictor.read(scan.images[0] if len(scan.images) == 1 else scan.images)
        labels = predictor.predict_volume(volume)
        write_labels(scan.output, labels, volume.grid)
    except KsegError as error:
        return record | _failure(error)
    except Exception as error:
        # A scan too large for the memory, a full disk, a fault of ours: the others still count.
        # As text, an error of the system would tell the place of the file.
        reason = error.strerror if isinstance(error, OSError) else error
        return record | _failure(
            KsegError(
                why=f"{type(error).__name__}: {reason}",
                file=scan.images[0],
                fix="predict this scan alone; if memory and disk suffice, report it to kseg",
                code="KS-I01",
            )
        )
    notes = [f"{finding.severity}: {finding.why}" for finding in volume.findings]
    voxels = _count_voxels(labels, predictor.description)
    return record | {"status": "done", "voxels": voxels, "findings": notes}


def _count_voxels(labels: np.ndarray, description: ModelDescription) -> dict[str, int]:
    """Return how many voxels each label, or each region, and the background have."""
    names, regions = description.label_names, description.regions
    counts = np.bincount(labels.ravel(), minlength=len(names))
    if regions is None:
        return {name: int(count) for name, count in zip(names, counts, strict=True)}
    parts = zip(regions.names, regions.labels, strict=True)
    return {names[0]: int(counts[0]), **{name: int(counts[list(of)].sum()) for name, of in parts}}


def _failure(error: KsegError) -> dict:
    file = None if error.file is None else Path(error.file).name
    return {
        "status": "failed",
        "code": error.code,
        "why": error.why,
        "file": file,
        "fix": error.fix,
    }


def _outcome(record: dict, scan: ScanFiles) -> str:
    if record["status"] == "done":
        return f"{scan.output}"
    return (
        f"{scan.images[0]} FAILED\n"
        f"  why   {record['why']}  [{record['code']}]\n  fix   {record['fix']}"
    )
