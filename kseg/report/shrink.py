"""Make volumes small enough to travel inside a page."""

import gzip
from itertools import product

import numpy as np
from nibabel.nifti1 import Nifti1Image

from kseg.report.content import ViewerScan

_PERCENTILES = (0.5, 99.5)
# More grey values than this tell no more about their percentiles.
_SAMPLES = 1_000_000
# No scan is compressed further than this, so a larger one need not be tried.
_MOST_COMPRESSION = 16
# Spacings closer than this are the same: the voxels of both axes are joined together.
_SAME_SPACING = 1.25
_SCANNER = 1  # NIfTI's code of a position in the scanner's coordinates
_GZIP_LEVEL = 6


def viewer_scan(
    image_zyx: np.ndarray | None,
    truth_zyx: np.ndarray,
    predicted_zyx: np.ndarray,
    affine: np.ndarray,
    budget_bytes: int = 2_000_000,
    *,
    window: tuple[float, float] | None = None,
) -> ViewerScan:
    """Make a scan and its masks so coarse that all three files fit a budget.

    Voxels are joined along the axes on which they lie closest, so that they become more even:
    grey values as the mean of a block, masks as the voxel in its middle.

    Args:
        image_zyx: (z, y, x) array, or None where there is no scan.
        truth_zyx: (z, y, x) array of mask values.
        predicted_zyx: (z, y, x) array of mask values.
        affine: (4, 4) array, canonical voxel (x, y, z) -> RAS mm.
        budget_bytes: int, size of the three compressed files together.
        window: grey values shown as black and as white; None takes the 0.5th and 99.5th
            percentile.

    Returns:
        `ViewerScan`. Equal volumes give equal bytes.

    Raises:
        ValueError: if the arrays have not one shape of 3 axes, or the budget is not positive.

    Example:
        >>> mask = np.ones((8, 8, 8), np.uint8)
        >>> viewer_scan(None, mask, mask, np.eye(4)).note
        "Shown with all of the scan's voxels."
    """
    arrays = [array for array in (image_zyx, truth_zyx, predicted_zyx) if array is not None]
    shapes = {array.shape for array in arrays}
    if len(shapes) != 1 or truth_zyx.ndim != 3:
        raise ValueError(f"all arrays must have one shape (z, y, x). Received: shapes={shapes}.")
    if budget_bytes <= 0:
        raise ValueError(f"`budget_bytes` must be positive. Received: budget_bytes={budget_bytes}.")
    grey = None if image_zyx is None else _to_grey(image_zyx, window)
    masks = [_smallest(mask) for mask in (truth_zyx, predicted_zyx)]
    factors = (1, 1, 1)
    while True:
        voxels = np.prod([-(-n // factor) for n, factor in zip(masks[0].shape, factors)])
        is_last = voxels == 1
        if is_last or grey is None or voxels < _MOST_COMPRESSION * budget_bytes:
            coarse = _coarse_affine(affine, factors)
            files = [_nifti(_middle_voxels(mask, factors), coarse) for mask in masks]
            image = None if grey is None else _nifti(_block_means(grey, factors), coarse, grey=True)
            if is_last or sum(map(len, files)) + len(image or b"") <= budget_bytes:
                return ViewerScan(image, *files, _note(factors, image is not None))
        factors = _coarser(factors, affine, masks[0].shape)


def _to_grey(image: np.ndarray, window: tuple[float, float] | None) -> np.ndarray:
    if window is None:
        step = max(1, round((image.size / _SAMPLES) ** (1 / 3)))
        values = image[::step, ::step, ::step]
        values = values[np.isfinite(values)]
        window = tuple(np.percentile(values, _PERCENTILES)) if values.size else (0.0, 1.0)
    low, high = window
    scaled = np.nan_to_num(image.astype(np.float32), nan=low) - np.float32(low)
    scaled *= np.float32(255 / max(high - low, 1e-12))
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def _smallest(mask: np.ndarray) -> np.ndarray:
    return mask.astype(np.uint8 if mask.max(initial=0) < 256 else np.uint16)


def _coarser(
    factors: tuple[int, int, int], affine: np.ndarray, shape_zyx: tuple[int, ...]
) -> tuple[int, int, int]:
    """Join one more voxel along each axis on which the joined ones still lie closest."""
    spacing = np.linalg.norm(np.asarray(affine, float)[:3, :3], axis=0)[::-1] * factors
    # An axis of which a single voxel is left can become no coarser.
    spacing[np.array(factors) >= shape_zyx] = np.inf
    closest = spacing < _SAME_SPACING * spacing.min()
    return tuple(int(factor + 1 if more else factor) for factor, more in zip(factors, closest))


def _coarse_affine(affine: np.ndarray, factors: tuple[int, int, int]) -> np.ndarray:
    to_fine = np.diag([*factors[::-1], 1.0])
    # The middle of a block lies between voxels where their number is even.
    to_fine[:3, 3] = (np.array(factors[::-1]) - 1) / 2
    return np.asarray(affine, float) @ to_fine


def _middle_voxels(mask: np.ndarray, factors: tuple[int, int, int]) -> np.ndarray:
    index = [
        np.minimum(np.arange(0, n, factor) + (factor - 1) // 2, n - 1)
        for n, factor in zip(mask.shape, factors)
    ]
    return mask[np.ix_(*index)]


def _block_means(grey: np.ndarray, factors: tuple[int, int, int]) -> np.ndarray:
    if factors == (1, 1, 1):
        return grey
    # A block that reaches out of the scan is filled up with its last voxels.
    edges = [(0, -n % factor) for n, factor in zip(grey.shape, factors)]
    padded = np.pad(grey, edges, mode="edge")
    total = np.zeros([n // factor for n, factor in zip(padded.shape, factors)], np.float32)
    for z, y, x in product(*map(range, factors)):
        total += padded[z :: factors[0], y :: factors[1], x :: factors[2]]
    return np.rint(total / np.prod(factors)).astype(np.uint8)


def _nifti(array_zyx: np.ndarray, affine: np.ndarray, *, grey: bool = False) -> bytes:
    image = Nifti1Image(array_zyx.T, affine)
    image.header.set_xyzt_units("mm")
    image.set_qform(affine, code=_SCANNER)
    image.set_sform(affine, code=_SCANNER)
    if grey:
        image.header["cal_min"], image.header["cal_max"] = 0, 255
    # No time and no name go into the gzip header: equal volumes are equal bytes.
    return gzip.compress(image.to_bytes(), _GZIP_LEVEL, mtime=0)


def _note(factors: tuple[int, int, int], has_image: bool) -> str:
    depth = ", grey values in 8 bit" if has_image else ""
    if factors == (1, 1, 1):
        return f"Shown with all of the scan's voxels{depth}."
    joined = " x ".join(map(str, factors[::-1]))
    return f"Made coarser for this page: a voxel shown is {joined} (x, y, z) of the scan's{depth}."
