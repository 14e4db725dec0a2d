"""Time the surface distances against DeepMind's: run `python benchmarks/surface_distances.py`.

Each label map is compared with itself shifted by one voxel along each axis.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import scipy.ndimage
import surface_distance

from kseg.evaluate.surface import surface_distances
from kseg.volume import read_labels

TOLERANCE_MM = 2.0


def shifted(labels):
    moved = np.zeros_like(labels)
    moved[1:, 1:, 1:] = labels[:-1, :-1, :-1]
    return moved


def timed(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def ours(truth, predicted, spacing_mm):
    found = surface_distances(truth, predicted, spacing_mm)
    return found.hausdorff_mm(95), found.assd_mm(), found.nsd(TOLERANCE_MM)


def theirs(truth, predicted, spacing_mm):
    found = surface_distance.compute_surface_distances(truth, predicted, spacing_mm)
    areas = np.concatenate([found["surfel_areas_gt"], found["surfel_areas_pred"]])
    distances = np.concatenate([found["distances_gt_to_pred"], found["distances_pred_to_gt"]])
    return (
        surface_distance.compute_robust_hausdorff(found, 95),
        float(np.sum(distances * areas) / np.sum(areas)),
        surface_distance.compute_surface_dice_at_tolerance(found, TOLERANCE_MM),
    )


def measure_case(file):
    volume = read_labels(file)
    truth, predicted = volume.voxels, shifted(volume.voxels)
    seconds, differences = np.zeros(2), np.zeros(3)
    for label in np.unique(truth)[1:]:
        masks = truth == label, predicted == label, volume.spacing_mm
        own_seconds, own = timed(lambda m=masks: ours(*m))
        other_seconds, other = timed(lambda m=masks: theirs(*m))
        seconds += own_seconds, other_seconds
        differences = np.maximum(differences, np.abs(np.subtract(own, other)))
    return seconds, differences


def tell(name, seconds, differences):
    hd95, assd, nsd = differences
    print(
        f"{name:24} kseg {seconds[0]:6.2f} s, surface-distance {seconds[1]:7.2f} s,"
        f" {seconds[1] / seconds[0]:5.1f} times; largest difference:"
        f" HD95 {hd95:.0e} mm, ASSD {assd:.0e} mm, NSD {nsd:.0e}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of label maps (NIfTI)")
    parser.add_argument("--cases", type=int, help="only so many")
    arguments = parser.parse_args()
    # The package was written for older versions, and uses names that these have dropped.
    scipy.ndimage.filters = scipy.ndimage.morphology = scipy.ndimage
    np.Inf = np.inf
    files = sorted(arguments.data.glob("*.nii*"))[: arguments.cases]
    measured = []
    for file in files:
        measured.append(measure_case(file))
        tell(file.name, *measured[-1])
    seconds, differences = zip(*measured)
    tell(f"all {len(files)}", np.sum(seconds, axis=0), np.max(differences, axis=0))


if __name__ == "__main__":
    main()
