"""Time `kseg evaluate` on a data set against itself moved by a voxel, and check it by a peer.

    python benchmarks/evaluate.py --data DATA [--cases 40]

The true masks of DATA, each moved by one voxel along x, are the prediction. The whole command is
timed, from the start of Python to the tables on disk; then every row of `cases.csv` is computed
again by DeepMind's surface-distance, timed from reading the masks with nibabel on, and compared.
"""

import argparse
import csv
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import surface_distance
from scipy import ndimage

from kseg.dataset import open_dataset
from kseg.volume import read_labels, write_labels

# What the peer calls by names that newer versions have dropped.
ndimage.filters = ndimage.morphology = ndimage
np.Inf = np.inf
TOLERANCE_MM = 2.0


def move(mask: Path, target: Path) -> None:
    labels = read_labels(mask)
    voxels = np.zeros_like(labels.voxels)
    voxels[..., 1:] = labels.voxels[..., :-1]
    write_labels(target, voxels, labels.grid)


def read(mask: Path) -> np.ndarray:
    return np.asarray(nib.load(mask).dataobj)


def by_peer(truth, predicted, spacing_mm) -> dict[str, float]:
    found = surface_distance.compute_surface_distances(truth, predicted, spacing_mm)
    areas = np.concatenate([found["surfel_areas_gt"], found["surfel_areas_pred"]])
    distances = np.concatenate([found["distances_gt_to_pred"], found["distances_pred_to_gt"]])
    return {
        "hd_mm": surface_distance.compute_robust_hausdorff(found, 100),
        "hd95_mm": surface_distance.compute_robust_hausdorff(found, 95),
        "assd_mm": float(np.sum(distances * areas) / np.sum(areas)),
        "masd_mm": float(np.mean(surface_distance.compute_average_surface_distance(found))),
        "nsd": surface_distance.compute_surface_dice_at_tolerance(found, TOLERANCE_MM),
        "dice": surface_distance.compute_dice_coefficient(truth, predicted),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="data folder with masks")
    parser.add_argument("--cases", type=int, default=None, help="only the first so many")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    dataset = open_dataset(options.data, work=folder)
    cases = dataset.cases[: options.cases]
    for case in cases:
        move(case.label, folder / "masks" / f"{case.id}.nii.gz")
    words = ["evaluate", options.data, folder / "masks", "--partial", "--out", folder / "out"]
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "kseg", *map(str, words)], check=True)
    command_s = time.perf_counter() - started

    with (folder / "out/cases.csv").open(newline="") as file:
        rows = {(row["case"], row["label"]): row for row in csv.DictReader(file)}
    largest, peer_s, compared = 0.0, 0.0, 0
    for case in cases:
        started = time.perf_counter()
        truth, mask = read(case.label), read(folder / "masks" / f"{case.id}.nii.gz")
        spacing_mm = nib.load(case.label).header.get_zooms()
        peer_s += time.perf_counter() - started
        for value, label in enumerate(dataset.label_names[1:], start=1):
            row, pair = rows[case.id, label], (truth == value, mask == value)
            if not (pair[0].any() or pair[1].any()):
                continue
            started = time.perf_counter()
            expected = by_peer(*pair, spacing_mm)
            peer_s += time.perf_counter() - started
            compared += 1
            for name, number in expected.items():
                ours = float(row[name])
                if not (math.isinf(ours) and math.isinf(number)):
                    largest = max(largest, abs(ours - number))
    print(f"{len(cases)} cases, {compared} pairs of masks")
    print(f"kseg evaluate, the whole command: {command_s:.1f} s")
    print(f"nibabel and surface-distance: {peer_s:.1f} s, {peer_s / command_s:.1f} times")
    print(f"largest difference in {', '.join(expected)}: {largest:.1e}")


if __name__ == "__main__":
    main()
