"""Time kseg's checked read and write of NIfTI against nibabel's, on a file made here."""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np

from kseg.volume import make_grid, read_image, read_labels, write_image, write_labels


def main() -> None:
    """Print a table of median seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", type=int, nargs=3, default=(256, 256, 128), metavar="N")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = _measure(Path(folder), tuple(arguments.shape), arguments.repeats)
    print(f"{'x'.join(map(str, arguments.shape))} voxels, median of {arguments.repeats}, seconds")
    for name, seconds in rows.items():
        print(f"  {name:<44} {seconds:.3f}")


def _measure(folder: Path, shape_xyz: tuple[int, int, int], repeats: int) -> dict[str, float]:
    # Stored as a scanner would, LPS, so that kseg has both axes to flip.
    grid = make_grid(np.diag([-1.5, -1.5, 3.0, 1.0]), shape_xyz)
    scan, labels = _make_scan(shape_xyz[::-1])
    image_file, label_file = folder / "image.nii.gz", folder / "labels.nii.gz"
    write_image(image_file, scan, grid)
    write_labels(label_file, labels, grid)
    stored = nib.load(label_file)
    stored = nib.Nifti1Image(np.asarray(stored.dataobj), stored.affine)
    tasks = {
        "read image, kseg (checked, canonical float32)": lambda: read_image(image_file),
        "read image, nibabel (int16 as stored)": lambda: np.asarray(nib.load(image_file).dataobj),
        "read image, nibabel canonical get_fdata": lambda: _canonical(image_file),
        "read labels, kseg (checked, canonical uint8)": lambda: read_labels(label_file),
        "read labels, nibabel (as stored)": lambda: np.asarray(nib.load(label_file).dataobj),
        "write labels, kseg (atomic, flushed to disk)": lambda: write_labels(
            folder / "a.nii.gz", labels, grid
        ),
        "write labels, nibabel (as stored)": lambda: nib.save(stored, folder / "b.nii.gz"),
    }
    return {name: _median_seconds(task, repeats) for name, task in tasks.items()}


def _make_scan(shape_zyx: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape_zyx), indexing="ij", sparse=True)
    body = x**2 + y**2 < 0.8 + 0 * z
    organ = (x - 0.3) ** 2 + y**2 + z**2 < 0.2
    noise = np.random.default_rng(0).normal(0, 20, shape_zyx)
    scan = np.where(body, 40 + 80 * organ + noise, -1000)
    return scan.astype(np.int16), (body.astype(np.uint8) + organ)


def _canonical(path: Path) -> np.ndarray:
    return nib.as_closest_canonical(nib.load(path)).get_fdata(dtype=np.float32)


def _median_seconds(task: Callable[[], object], repeats: int) -> float:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
