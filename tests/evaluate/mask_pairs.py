"""Pairs of masks that are hard to measure, made from a number each."""

import numpy as np
from scipy import ndimage

KINDS = (
    "blobs",
    "blobs",
    "shifted",
    "specks",
    "edges",
    "single",
    "boxes",
    "full",
    "truth only",
    "predicted only",
    "empty",
)


def mask_pair(seed):
    """Return a true mask, a predicted mask (bool, z, y, x) and a spacing in mm (z, y, x)."""
    generator = np.random.default_rng(seed)
    shape = tuple(int(size) for size in generator.integers(6, 29, 3))
    spacing_mm = tuple(float(step) for step in generator.uniform(0.4, 5.0, 3).round(3))
    if seed % 4 == 0:
        spacing_mm = (3.0, 1.5, 1.5)
    truth, predicted = make(KINDS[seed % len(KINDS)], shape, generator)
    return truth, predicted, spacing_mm


def make(kind, shape, generator):
    truth = blobs(shape, generator)
    if kind == "shifted":
        return truth, np.roll(truth, generator.integers(-2, 3, 3), (0, 1, 2))
    if kind == "specks":
        return generator.random(shape) < 0.03, generator.random(shape) < 0.05
    if kind == "edges":
        shell = np.ones(shape, bool)
        shell[1:-1, 1:-1, 1:-1] = truth[1:-1, 1:-1, 1:-1]
        return shell, shell & (generator.random(shape) < 0.9)
    if kind == "single":
        return one_voxel(shape, generator), one_voxel(shape, generator)
    if kind == "boxes":
        return box(shape, generator), box(shape, generator)
    if kind == "full":
        return np.ones(shape, bool), truth if generator.random() < 0.5 else np.ones(shape, bool)
    if kind == "truth only":
        return truth, np.zeros(shape, bool)
    if kind == "predicted only":
        return np.zeros(shape, bool), truth
    if kind == "empty":
        return np.zeros(shape, bool), np.zeros(shape, bool)
    return truth, blobs(shape, generator)


def blobs(shape, generator):
    smooth = ndimage.gaussian_filter(generator.normal(size=shape), generator.uniform(0.7, 2.5))
    return smooth > np.quantile(smooth, generator.uniform(0.5, 0.95))


def one_voxel(shape, generator):
    mask = np.zeros(shape, bool)
    mask[tuple(generator.integers(0, shape))] = True
    return mask


def box(shape, generator):
    mask = np.zeros(shape, bool)
    corners = np.sort([generator.integers(0, size + 1, 2) for size in shape], axis=1)
    mask[tuple(slice(low, high + 1) for low, high in corners)] = True
    return mask
