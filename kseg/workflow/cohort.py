"""Predict many scans: one mask each; a scan that fails does not end the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kseg.bundle import read_model
from kseg.errors import KsegError, RunFolderError
from kseg.storage import make_folder, write_json
from kseg.volume import image_stem, write_labels
from kseg.workflow.scan import ScanPredictor, make_predictor

NIFTI_ENDINGS = (".nii", ".nii.gz")
RECORD_FILE = "predictions.json"


@dataclass(frozen=True)
class ScanFiles:
    """One scan to predict.

    Args:
        images: its file, or one file a channel.
        output: path of the mask.
    """

    images: tuple[Path, ...]
    output: Path


def plan_outputs(inputs: Sequence[Path], out: Path, channels: int) -> list[ScanFiles]:
    """Decide which files make a scan and where its mask goes, before any is predicted.

    Args:
        inputs: files, or folders whose NIfTI files are taken.
        out: folder of the masks.
        channels: int, channels that the network wants; with several, files that end in `_0000`,
            `_0001`, … are the channels of one scan.

    Returns:
        List of `ScanFiles`, in the order of the inputs.

    Raises:
        RunFolderError: if two masks would have one name, or one would replace its input.
    """
    groups: dict[Path, list[Path]] = {}
    files = _files(inputs)
    for path in files:
        groups.setdefault(out / _mask_name(path, channels), []).append(path)
    scans, taken = [], {path.resolve() for path in files}
    for output, images in groups.items():
        if len(images) > 1 and not _are_channels(images, channels):
            listed = " and ".join(map(str, images))
            raise _refused(f"{listed} would both give the mask {output.name}", images[0])
        if output.resolve() in taken:
            raise _refused(f"its mask would replace the scan {output}", images[0])
        scans.append(ScanFiles(tuple(sorted(images)), output))
    return scans


def predict_cohort(
    model: Path,
    inputs: Sequence[Path],
    out: Path,
    tell: Callable[[str], object],
    *,
    threads: int | None = None,
) -> int:
    """Predict every input and write `predictions.json`.

    Args:
        model: run folder or model folder.
        inputs: files or folders.
        out: folder of the masks.
        tell: function of a sentence, for a person.
        threads: int, or None for all processors that this process may use.

    Returns:
        The number of scans that failed; each is listed with its reason in `predictions.json`.

    Raises:
        KsegError: if the model cannot be used or the inputs make no sense together.
    """
    folder = read_model(model)
    scans = plan_outputs(inputs, out, len(folder.description.channels))
    predictor = make_predictor(folder, threads=threads)
    make_folder(out)
    records = []
    for number, scan in enumerate(scans, start=1):
        records.append(_predict_one(predictor, scan))
        tell(f"{number}/{len(scans)} {_outcome(records[-1])}")
    description = folder.description
    header = {
        "notice": "For research use only. Not a medical device.",
        "model": {"name": description.name, "sha256": folder.digest},
        "trained_on": description.trained_on + (" (phantom)" if description.phantom else ""),
        "labels": list(description.label_names),
    }
    write_json(out / RECORD_FILE, header | {"scans": records})
    return sum(record["status"] == "failed" for record in records)


def _predict_one(predictor: ScanPredictor, scan: ScanFiles) -> dict:
    record = {"input": [str(path) for path in scan.images], "output": str(scan.output)}
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


def _files(inputs: Sequence[Path]) -> list[Path]:
    """Return all files; of a folder, its NIfTI files in order of their names."""
    found = []
    for path in inputs:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.name.endswith(NIFTI_ENDINGS))
            inside = [p for p in inside if not p.name.startswith(".")]
            if not inside:
                raise _refused("this folder holds no NIfTI file (.nii or .nii.gz)", path)
            found += inside
        else:
            found.append(path)
    return found


def _mask_name(path: Path, channels: int) -> str:
    stem = image_stem(path)
    if channels > 1 and len(stem) > 5 and stem[-5] == "_" and stem[-4:].isdigit():
        stem = stem[:-5]
    return stem + (".nii" if path.name.lower().endswith(".nii") else ".nii.gz")


def _are_channels(images: Sequence[Path], channels: int) -> bool:
    """Return whether the files are `_0000` to the last channel of one scan."""
    endings = sorted(image_stem(path)[-5:] for path in images)
    return channels > 1 and endings == [f"_{index:04d}" for index in range(channels)]


def _refused(why: str, file: Path) -> RunFolderError:
    return RunFolderError(
        why=why, file=file, fix="give another --out, or fewer inputs", code="KS-I05"
    )
