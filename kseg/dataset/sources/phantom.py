"""Built-in synthetic abdominal CTs, drawn from a seed on first use."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from nibabel.orientations import inv_ornt_aff
from scipy import ndimage

from kseg.dataset.cases import DataSet
from kseg.dataset.sources.anatomy import paint_abdomen
from kseg.dataset.sources.canvas import Canvas
from kseg.dataset.sources.msd import open_msd
from kseg.dataset.sources.patient import draw_abdomen
from kseg.storage import atomic_path, remove_leftovers, sha256_json, write_json
from kseg.volume import Grid, make_grid, write_image, write_labels

PARTS = ("liver", "lesion")
# Raised whenever the drawing changes, so that an old folder is never taken for a new one.
_VERSION = 1
_WORKERS = 2  # threads: numpy lets them run side by side, and each needs 200 MB
_SUBSLICES = 2  # slices drawn per stored slice: their mean is the partial volume along z
_ORIENTATIONS = tuple(
    tuple(zip(order, signs, strict=True))
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
)


@dataclass(frozen=True)
class PhantomSettings:
    """How many synthetic scans to make, and from which seed.

    Args:
        cases: int, number of scans.
        seed: int, equal seeds give equal scans.

    Example:
        >>> PhantomSettings().cases
        20
    """

    cases: int = 20
    seed: int = 1


@dataclass(frozen=True, eq=False)
class PhantomScan:
    """One synthetic scan in canonical order, and the grid that it is stored on.

    Args:
        voxels_zyx: int16 array, in HU.
        labels_zyx: uint8 array: 0 background, 1 liver, 2 lesion.
        grid: Grid, in one of the 48 orientations.
    """

    voxels_zyx: np.ndarray
    labels_zyx: np.ndarray
    grid: Grid


def open_phantom(settings: PhantomSettings, work: Path) -> DataSet:
    """Open the synthetic data set, making it first where it is not there yet.

    Args:
        settings: PhantomSettings.
        work: folder for caches; the scans lie in `phantom/<digest of settings>` below it.

    Returns:
        DataSet with `phantom=True`.
    """
    digest = sha256_json({"version": _VERSION, **asdict(settings)})
    folder = Path(work) / "phantom" / digest[:16]
    if not folder.exists():
        remove_leftovers(folder.parent)
        _write_folder(folder, settings)
    return open_msd(folder)


def make_scan(seed: int, index: int) -> PhantomScan:
    """Make one synthetic scan.

    Args:
        seed: int, seed of the data set.
        index: int, number of the scan in it.

    Returns:
        PhantomScan.
    """
    rng = np.random.default_rng([seed, index])
    in_plane_mm = rng.uniform(2.0, 2.4)
    slice_mm = rng.choice([2.5, 3.0, 3.0, 4.0, 5.0])
    spacing = np.array([slice_mm, in_plane_mm, in_plane_mm])
    field_mm = np.array([min(rng.uniform(165, 215), 72 * slice_mm), 275, 360])
    shape = tuple(np.round(field_mm / spacing).astype(int).tolist())
    middle_mm = np.array([rng.uniform(-12, 0), rng.uniform(-8, 4), rng.uniform(-6, 6)])
    voxels, shares = _render(rng, shape, spacing, middle_mm)
    labels = np.argmax([1 - shares["liver"] - shares["lesion"], *shares.values()], axis=0)
    grid = _stored_grid(rng, shape, spacing)
    return PhantomScan(np.round(voxels).astype(np.int16), labels.astype(np.uint8), grid)


def _render(rng, shape, spacing, middle_mm):
    """Return HU (z, y, x) as float32 and the share of each part in every voxel."""
    fine = np.array([spacing[0] / _SUBSLICES, *spacing[1:]])
    counts = (shape[0] * _SUBSLICES, *shape[1:])
    axes = tuple(
        ((np.arange(count) - (count - 1) / 2) * step + middle).astype(np.float32)
        for count, step, middle in zip(counts, fine, middle_mm, strict=True)
    )
    canvas = Canvas(axes, float(spacing[1]), PARTS)
    paint_abdomen(canvas, draw_abdomen(rng), rng)
    mean = (shape[0], _SUBSLICES, *shape[1:])
    shares = {name: share.reshape(mean).mean(axis=1) for name, share in canvas.parts.items()}
    voxels = canvas.hu.reshape(mean).mean(axis=1)
    blur = (0, 0.55, 0.55)  # the point spread of a reconstruction kernel, in voxels
    voxels = ndimage.gaussian_filter(voxels, blur, truncate=3)
    noise = rng.standard_normal(voxels.shape, dtype=np.float32)
    noise = ndimage.gaussian_filter(noise, (0, 0.6, 0.6), truncate=3)
    voxels += noise * np.float32(rng.uniform(10, 22) / noise.std())
    return np.clip(voxels, -1024, 1500), shares


def _stored_grid(rng, shape_zyx, spacing) -> Grid:
    """Place a scan in the scanner's room, stored in any of the 48 orientations."""
    shape_xyz = shape_zyx[::-1]
    affine = np.diag([*spacing[::-1], 1.0])
    affine[:3, 3] = -spacing[::-1] * (np.array(shape_xyz) - 1) / 2 + rng.uniform(-60, 60, 3)
    if rng.random() < 0.25:  # an oblique acquisition, by a few degrees
        axis = rng.standard_normal(3)
        affine = _rotation(axis / np.linalg.norm(axis), np.radians(rng.uniform(1, 6))) @ affine
    orientation = np.array(_ORIENTATIONS[int(rng.integers(len(_ORIENTATIONS)))])
    stored_shape = [0, 0, 0]
    for axis, (target, _) in enumerate(orientation):
        stored_shape[target] = shape_xyz[axis]
    return make_grid(affine @ inv_ornt_aff(orientation, shape_xyz), tuple(stored_shape))


def _rotation(axis, angle) -> np.ndarray:
    """Return the (4, 4) rotation about a unit axis, by Rodrigues' formula."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    matrix = np.eye(4)
    matrix[:3, :3] += np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return matrix


def _write_folder(folder: Path, settings: PhantomSettings) -> None:
    """Write all scans; the folder appears only when it is whole."""
    try:
        with atomic_path(folder) as made:
            with ThreadPoolExecutor(_WORKERS) as pool:
                indices = range(settings.cases)
                training = list(pool.map(partial(_write_scan, made, settings.seed), indices))
            write_json(made / "dataset.json", _manifest(training, settings))
    except OSError:
        if not folder.exists():  # else another process was first, with the same scans
            raise


def _write_scan(folder: Path, seed: int, index: int) -> dict[str, str]:
    """Write one scan and its mask; return its entry of dataset.json."""
    scan = make_scan(seed, index)
    name = f"phantom_{index:03d}.nii.gz"
    write_image(folder / "imagesTr" / name, scan.voxels_zyx, scan.grid)
    write_labels(folder / "labelsTr" / name, scan.labels_zyx, scan.grid)
    return {"image": f"./imagesTr/{name}", "label": f"./labelsTr/{name}"}


def _manifest(training, settings: PhantomSettings) -> dict[str, object]:
    return {
        "name": "phantom",
        "description": "Synthetic abdominal CT drawn by kseg: no patient, no scanner. "
        "Results on it say nothing about real scans.",
        "synthetic": True,
        "phantom": {"version": _VERSION, **asdict(settings)},
        "modality": {"0": "CT"},
        "labels": {str(value): name for value, name in enumerate(("background", *PARTS))},
        "numTraining": len(training),
        "numTest": 0,
        "training": training,
        "test": [],
    }
