"""Small cached cases, written as the cache writes them."""

import numpy as np
import tensorflow as tf

from kseg.preprocess import CachedCase


def seed_of(step):
    """Return some seed for each step."""
    return tf.constant([step, 1], tf.int64)


def write_case(folder, name, image, labels, rows=50):
    """Write the .npy files of a case; image (z, y, x, c), labels (z, y, x)."""
    labels = np.asarray(labels, np.uint8)
    lists = [
        np.insert(np.argwhere(labels == label)[:rows], 0, label, axis=1)
        for label in range(1, int(labels.max()) + 1)
    ]
    arrays = {
        "image": np.asarray(image, np.float16),
        "labels": labels,
        "foreground": np.concatenate([np.zeros((0, 4)), *lists]).astype(np.int32),
    }
    paths = {key: folder / f"{name}_{key}.npy" for key in arrays}
    for key, array in arrays.items():
        np.save(paths[key], array)
    return CachedCase(
        id=name,
        shape_zyx=labels.shape,
        spacing_mm=(1.0, 1.0, 1.0),
        label_counts=tuple(np.bincount(labels.ravel()).tolist()),
        box=tuple((0, extent) for extent in labels.shape),
        full_shape_zyx=labels.shape,
        cropped_shape_zyx=labels.shape,
        source_spacing_mm=(1.0, 1.0, 1.0),
        **paths,
    )


def random_case(folder, name, shape_zyx, seed=0, classes=3, channels=1):
    """Write a case of noise, its labels in two-voxel cubes so that neighbours often agree."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, classes, [-(-extent // 2) for extent in shape_zyx])
    labels = np.kron(coarse, np.ones((2, 2, 2), int))[tuple(slice(n) for n in shape_zyx)]
    return write_case(folder, name, rng.normal(size=(*shape_zyx, channels)), labels)
