"""Print patches a second and CPU time a patch, plain and augmented, with both backends.

Run: python benchmarks/patches.py [threads]
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

from kseg.patches import Augmentation, PatchSettings, make_stream, nnunet_preset
from kseg.preprocess import CachedCase

BATCHES = 60


def write_case(folder, name, shape_zyx, seed):
    rng = np.random.default_rng(seed)
    grids = np.meshgrid(*(np.linspace(-1, 1, extent) for extent in shape_zyx), indexing="ij")
    radius = np.sqrt(sum(grid**2 for grid in grids))
    labels = np.digitize(-radius, (-0.7, -0.4)).astype(np.uint8)
    image = (labels + rng.normal(0, 0.3, shape_zyx)).astype(np.float16)[..., None]
    rows = [
        np.column_stack([np.full(len(voxels), label), voxels])
        for label in (1, 2)
        for voxels in [rng.permutation(np.argwhere(labels == label))[:10_000]]
    ]
    files = {
        "image": image,
        "labels": labels,
        "foreground": np.concatenate(rows).astype(np.int32),
    }
    for key, array in files.items():
        np.save(folder / f"{name}_{key}.npy", array)
    paths = {key: folder / f"{name}_{key}.npy" for key in files}
    counts = tuple(np.bincount(labels.ravel()).tolist())
    return CachedCase(
        id=name,
        shape_zyx=shape_zyx,
        spacing_mm=(1.0, 1.0, 1.0),
        label_counts=counts,
        box=tuple((0, extent) for extent in shape_zyx),
        full_shape_zyx=shape_zyx,
        cropped_shape_zyx=shape_zyx,
        source_spacing_mm=(1.0, 1.0, 1.0),
        **paths,
    )


def measure(cases, size, batch, augmentation, ram_bytes, threads):
    settings = PatchSettings(size, batch, 0.33, seed=1, ram_bytes=ram_bytes)
    batches = iter(make_stream(cases, settings, augmentation, threads=threads))
    for _ in range(5):
        next(batches)
    # CPU time is the fairer number on a machine that does other work meanwhile.
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(BATCHES):
        next(batches)
    patches = BATCHES * batch
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return patches / seconds, 1000 * cpu / patches


def main():
    tf.config.threading.set_inter_op_parallelism_threads(1)
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    print(f"{threads} threads; patches/s, CPU ms/patch")
    with tempfile.TemporaryDirectory() as folder:
        for size, shape in (((40, 56, 40), (44, 60, 44)), ((32, 96, 96), (90, 140, 140))):
            cases = [write_case(Path(folder), f"{size}_{k}", shape, k) for k in range(4)]
            for backend, ram in (("resident", 10**10), ("mapped", 0)):
                for name, augmentation in (
                    ("plain", Augmentation()),
                    ("nnunet", nnunet_preset(size)),
                ):
                    rate, cpu = measure(cases, size, 2, augmentation, ram, threads)
                    print(f"{size!s:14} x1 {backend:9} {name:7} {rate:8.1f} {cpu:8.1f}")


if __name__ == "__main__":
    main()
