"""Small data sets for the tests of this room."""

import json
from pathlib import Path

import numpy as np

from kseg.volume import make_grid, write_image, write_labels

SHAPE_ZYX = (3, 5, 4)
LABELS = {"0": "background", "1": "liver", "2": "lesion"}


def write_scan(path: Path, seed: int = 0, spacing_mm=(2.0, 1.5, 1.5), shape=SHAPE_ZYX) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    voxels = np.random.default_rng(seed).integers(-500, 500, shape).astype(np.int16)
    write_image(path, voxels, make_grid(np.diag([*spacing_mm[::-1], 1]), shape[::-1]))
    return path


def write_mask(path: Path, values=(1, 2), spacing_mm=(2.0, 1.5, 1.5), shape=SHAPE_ZYX) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    labels = np.zeros(shape, np.uint16)
    labels.flat[: len(values)] = values
    write_labels(path, labels, make_grid(np.diag([*spacing_mm[::-1], 1]), shape[::-1]))
    return path


def write_json(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def msd_folder(root: Path, names=("a", "b", "c"), **changes) -> Path:
    """Write an MSD folder of tiny scans; `changes` replace keys of its dataset.json."""
    training = []
    for seed, name in enumerate(names):
        write_scan(root / f"imagesTr/{name}.nii.gz", seed)
        write_mask(root / f"labelsTr/{name}.nii.gz")
        training.append(
            {"image": f"./imagesTr/{name}.nii.gz", "label": f"./labelsTr/{name}.nii.gz"}
        )
    content = {"name": "tiny", "modality": {"0": "CT"}, "labels": LABELS, "training": training}
    write_json(root / "dataset.json", content | changes)
    return root


def nnunet_folder(root: Path, names=("a", "b"), channels=2, **changes) -> Path:
    for seed, name in enumerate(names):
        for channel in range(channels):
            write_scan(root / f"imagesTr/{name}_{channel:04d}.nii.gz", 10 * seed + channel)
        write_mask(root / f"labelsTr/{name}.nii.gz")
    content = {
        "channel_names": {str(channel): f"MR{channel}" for channel in range(channels)},
        "labels": {"background": 0, "liver": 1, "lesion": 2},
        "numTraining": len(names),
        "file_ending": ".nii.gz",
    }
    write_json(root / "dataset.json", content | changes)
    return root


def table_folder(root: Path, text: str, names=("a", "b", "c"), encoding="utf-8") -> Path:
    for seed, name in enumerate(names):
        write_scan(root / f"scans/{name}.nii.gz", seed)
        write_mask(root / f"masks/{name}.nii.gz")
    write_json(root / "labels.json", {"labels": LABELS, "channel_names": {"0": "CT"}})
    (root / "cases.csv").write_bytes(text.encode(encoding))
    return root
