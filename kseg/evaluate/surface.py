"""Distances between the surfaces of two masks, each surface element weighted by its area."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from kseg.evaluate.surface_area import surface_areas_mm2

_NEAR_STEPS = 3
# Beyond so many cells a tree is slower than a distance transform of the whole box.
_MANY_CELLS = 200_000


@dataclass(frozen=True)
class SurfaceDistances:
    """How far each element of two surfaces lies from the other surface, and how large it is.

    Where only one mask has a surface every distance is infinite and no surface agrees; where
    neither has, every measure is NaN.

    Args:
        truth_mm: array of float64, distances of the true surface's elements to the predicted
            surface in mm, in rising order.
        truth_mm2: array of float64, their areas in mm².
        predicted_mm: array of float64, distances of the predicted surface's elements to the true
            surface in mm, in rising order.
        predicted_mm2: array of float64, their areas in mm².

    Example:
        >>> one, two = np.array([1.0]), np.array([2.0])
        >>> distances = SurfaceDistances(one, np.array([3.0]), two, one)
        >>> distances.hausdorff_mm(), distances.assd_mm(), distances.masd_mm(), distances.nsd(1.0)
        (2.0, 1.25, 1.5, 0.75)

    Reference:
        Nikolov et al., Deep learning to achieve clinically applicable segmentation of head and
        neck anatomy for radiotherapy, 2018, arXiv:1809.04430.
    """

    truth_mm: np.ndarray
    truth_mm2: np.ndarray
    predicted_mm: np.ndarray
    predicted_mm2: np.ndarray

    def hausdorff_mm(self, percent: float = 100.0) -> float:
        """Return the distance that `percent` of either surface's area keeps to the other.

        Args:
            percent: float, above 0 and up to 100, which gives the largest distance.

        Returns:
            float, in mm; the larger one of both directions.
        """
        if not self._both:
            return self._without_surface
        return max(
            _percentile(self.truth_mm, self.truth_mm2, percent),
            _percentile(self.predicted_mm, self.predicted_mm2, percent),
        )

    def assd_mm(self) -> float:
        """Return the mean distance over the area of both surfaces taken together, in mm."""
        if not self._both:
            return self._without_surface
        total = (self.truth_mm * self.truth_mm2).sum()
        total += (self.predicted_mm * self.predicted_mm2).sum()
        return float(total / (self.truth_mm2.sum() + self.predicted_mm2.sum()))

    def masd_mm(self) -> float:
        """Return the mean of the two surfaces' mean distances, in mm."""
        if not self._both:
            return self._without_surface
        truth = (self.truth_mm * self.truth_mm2).sum() / self.truth_mm2.sum()
        predicted = (self.predicted_mm * self.predicted_mm2).sum() / self.predicted_mm2.sum()
        return float((truth + predicted) / 2.0)

    def nsd(self, tolerance_mm: float) -> float:
        """Return the share of both surfaces' area that lies within a tolerance of the other.

        Args:
            tolerance_mm: float, in mm; a distance equal to it still agrees.

        Returns:
            float from 0 to 1.
        """
        if not self._both:
            return 0.0 if self._either else math.nan
        within = (
            self.truth_mm2[self.truth_mm <= tolerance_mm].sum()
            + self.predicted_mm2[self.predicted_mm <= tolerance_mm].sum()
        )
        return float(within / (self.truth_mm2.sum() + self.predicted_mm2.sum()))

    @property
    def _both(self) -> bool:
        return bool(self.truth_mm.size and self.predicted_mm.size)

    @property
    def _either(self) -> bool:
        return bool(self.truth_mm.size or self.predicted_mm.size)

    @property
    def _without_surface(self) -> float:
        return math.inf if self._either else math.nan


def surface_distances(
    truth: np.ndarray, predicted: np.ndarray, spacing_mm: Sequence[float]
) -> SurfaceDistances:
    """Measure the distances between the surfaces of two masks.

    A surface runs between voxel centres, through the cells of eight neighbouring voxels that are
    neither all inside nor all outside; beyond the array is outside. Such a cell's area is that of
    its marching-cubes surface, and its distance is that of its centre to the nearest such cell
    of the other mask.

    Args:
        truth: bool array (z, y, x), the true mask.
        predicted: bool array (z, y, x), the predicted mask.
        spacing_mm: 3 floats (z, y, x), voxel spacing in mm.

    Returns:
        `SurfaceDistances`.

    Raises:
        ValueError: if the masks are not bool arrays of three axes and of one shape.

    Example:
        >>> truth = np.zeros((6, 6, 6), bool)
        >>> truth[1:4, 1:4, 1:4] = True
        >>> distances = surface_distances(truth, np.roll(truth, 1, axis=0), (2.5, 1.0, 1.0))
        >>> distances.hausdorff_mm()
        2.5
    """
    _check(truth, predicted)
    spacing = np.array(spacing_mm, np.float64)
    areas_mm2 = surface_areas_mm2(spacing_mm)
    box = _bounding_box(truth | predicted)
    truth_codes, predicted_codes = _cell_codes(truth[box]), _cell_codes(predicted[box])
    truth_border, predicted_border = _is_border(truth_codes), _is_border(predicted_codes)
    return SurfaceDistances(
        *_directed(truth_codes, truth_border, predicted_border, areas_mm2, spacing),
        *_directed(predicted_codes, predicted_border, truth_border, areas_mm2, spacing),
    )


def _directed(codes, border, other, areas_mm2, spacing) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances from one border to the other in rising order, with the areas."""
    cells, areas = np.argwhere(border), areas_mm2[codes[border]]
    distances = np.full(len(cells), math.inf)
    if other.any():
        far = _fill_near(distances, cells, other, spacing)
        _fill_far(distances, far, cells, other, spacing)
    order = np.lexsort((areas, distances))
    return distances[order], areas[order]


def _fill_near(distances, cells, other, spacing) -> np.ndarray:
    """Fill in the distances of a few steps, and return the indices of the cells beyond.

    Most cells of a good prediction are that near: looking there is many times faster than a tree.
    """
    padded = np.pad(other, _NEAR_STEPS)
    strides = np.array(padded.strides)
    places = (cells + _NEAR_STEPS) @ strides
    padded, left = padded.ravel(), np.arange(len(cells))
    for offset, distance in zip(*_near_offsets(spacing)):
        hit = padded[places + offset @ strides]
        distances[left[hit]] = distance
        left, places = left[~hit], places[~hit]
    return left


def _near_offsets(spacing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all offsets that lie within some of the smallest steps, by distance in mm."""
    offsets = np.argwhere(np.ones((2 * _NEAR_STEPS + 1,) * 3)) - _NEAR_STEPS
    distances = np.linalg.norm(offsets * spacing, axis=1)
    order = np.argsort(distances, kind="stable")
    # Farther ones are not complete: an offset just outside the cube may be nearer.
    order = order[distances[order] <= _NEAR_STEPS * spacing.min()]
    return offsets[order], distances[order]


def _fill_far(distances, far, cells, other, spacing) -> None:
    if not len(far):
        return
    find = _nearest_by_tree if len(far) <= _MANY_CELLS else _nearest_by_transform
    nearest = find(cells[far], other, spacing)
    # From whole steps, so that equal distances are equal wherever in the scan they are.
    distances[far] = np.linalg.norm((cells[far] - nearest) * spacing, axis=1)


def _nearest_by_tree(cells, other, spacing) -> np.ndarray:
    """Look each cell up in a tree over the border: fast where surfaces are surfaces."""
    others = np.argwhere(other)
    tree = cKDTree(others * spacing, balanced_tree=False, compact_nodes=False)
    return others[tree.query(cells * spacing)[1]]


def _nearest_by_transform(cells, other, spacing) -> np.ndarray:
    """Find the nearest border cell of every cell of the box, in a time that no mask can stretch.

    The noise of a network that has hardly been trained has millions of cells far from any truth.
    """
    nearest = ndimage.distance_transform_edt(
        ~other, sampling=spacing, return_distances=False, return_indices=True
    )
    return nearest[:, *cells.T].T


def _percentile(distances_mm: np.ndarray, areas_mm2: np.ndarray, percent: float) -> float:
    share = np.cumsum(areas_mm2) / areas_mm2.sum()
    index = int(np.searchsorted(share, percent / 100.0))
    return float(distances_mm[min(index, len(distances_mm) - 1)])


def _cell_codes(mask: np.ndarray) -> np.ndarray:
    """Code each cell of 2 x 2 x 2 voxels as `surface_areas_mm2` does; one cell more than voxels."""
    codes = np.ascontiguousarray(mask).view(np.uint8)
    for axis, shift in ((2, 1), (1, 2), (0, 4)):
        shape = list(codes.shape)
        shape[axis] += 1
        joined = np.zeros(shape, np.uint8)
        along = np.moveaxis(joined, axis, 0)
        along[:-1] = np.moveaxis(codes, axis, 0) << shift
        along[1:] |= np.moveaxis(codes, axis, 0)
        codes = joined
    return codes


def _is_border(codes: np.ndarray) -> np.ndarray:
    return (codes != 0) & (codes != 255)


def _bounding_box(mask: np.ndarray) -> tuple[slice, ...]:
    box = []
    for axis in range(3):
        held = np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis})))
        box.append(slice(held[0], held[-1] + 1) if len(held) else slice(0, 0))
    return tuple(box)


def _check(truth: np.ndarray, predicted: np.ndarray) -> None:
    for name, mask in (("truth", truth), ("predicted", predicted)):
        if mask.dtype != bool or mask.ndim != 3:
            raise ValueError(
                f"`{name}` must be a bool array (z, y, x)."
                f" Received: dtype={mask.dtype}, shape={mask.shape}."
            )
    if truth.shape != predicted.shape:
        raise ValueError(
            f"`predicted` must have the shape of `truth`, {truth.shape}."
            f" Received: shape={predicted.shape}."
        )
