"""Predict many scans: one mask each; a scan that fails does not end the others."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from kseg.bundle import read_model
from kseg.errors import KsegError
from kseg.storage import make_folder, remove_file, write_json
from kseg.volume import write_labels
from kseg.workflow.inputs import RECORD_FILE, ScanFiles, plan_outputs
from kseg.workflow.scan import ScanPredictor, make_predictor


def predict_cohort(
    model: Path,
    inputs: Sequence[Path],
    out: Path,
    tell: Callable[[str], object],
    *,
    threads: int | None = None,
    allow_plugins: Sequence[str] = (),
) -> int:
    """Predict every input and write `predictions.json`.

    Args:
        model: run folder or model folder.
        inputs: files or folders.
        out: folder of the masks.
        tell: function of a sentence, for a person.
        threads: int, or None for all processors that this process may use.
        allow_plugins: names of the packages whose code may run, if the model needs any.

    Returns:
        The number of scans that failed; each is listed with its reason in `predictions.json`.

    Raises:
        KsegError: if the model cannot be used or the inputs make no sense together.
    """
    folder = read_model(model)
    scans = plan_outputs(inputs, out, len(folder.description.channels))
    predictor = make_predictor(folder, threads=threads, allow_plugins=allow_plugins)
    make_folder(out)
    description = folder.description
    header = {
        "notice": "For research use only. Not a medical device.",
        "model": {"name": description.name, "sha256": folder.digest},
        "trained_on": description.trained_on + (" (phantom)" if description.phantom else ""),
        "labels": list(description.label_names),
    }
    records: list[dict] = []
    for number, scan in enumerate(scans, start=1):
        records.append(_predict_one(predictor, scan))
        # After each scan, so that a cohort that is cut short has told of all that it wrote.
        write_json(out / RECORD_FILE, header | {"scans": records})
        tell(f"{number}/{len(scans)} {_outcome(records[-1])}")
    return sum(record["status"] == "failed" for record in records)


def _predict_one(predictor: ScanPredictor, scan: ScanFiles) -> dict:
    record = {"input": [str(path) for path in scan.images], "output": str(scan.output)}
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
        return record | _failure(
            KsegError(
                why=f"{type(error).__name__}: {error}",
                file=scan.images[0],
                fix="predict this scan alone; if memory and disk suffice, report it to kseg",
                code="KS-I01",
            )
        )
    counts = np.bincount(labels.ravel(), minlength=len(predictor.description.label_names))
    notes = [f"{finding.severity}: {finding.why}" for finding in volume.findings]
    names = predictor.description.label_names
    voxels = {name: int(count) for name, count in zip(names, counts, strict=True)}
    return record | {"status": "done", "voxels": voxels, "findings": notes}


def _failure(error: KsegError) -> dict:
    why = {"code": error.code, "why": error.why, "file": error.file, "fix": error.fix}
    return {"status": "failed"} | why


def _outcome(record: dict) -> str:
    if record["status"] == "done":
        return f"{record['output']}"
    return (
        f"{record['input'][0]} FAILED\n"
        f"  why   {record['why']}  [{record['code']}]\n  fix   {record['fix']}"
    )
