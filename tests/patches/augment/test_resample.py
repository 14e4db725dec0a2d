import math

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from kseg.patches.augment.affine import affine_matrix
from kseg.patches.augment.resample import resample_patch


def resample(image, labels, origin, size, matrix):
    image, labels = np.asarray(image, np.float32), np.asarray(labels, np.uint8)

    def read(low, extent):
        place = tuple(slice(9 + b, 9 + b + n) for b, n in zip(low.numpy(), extent, strict=True))
        padded = np.pad(image, [(9, 9)] * 3 + [(0, 0)])[place]
        return tf.constant(padded), tf.constant(np.pad(labels, 9)[place])

    out = resample_patch(
        read,
        tf.constant(labels.shape),
        tf.constant(origin),
        size,
        tf.convert_to_tensor(matrix, tf.float32),
    )
    return [part.numpy() for part in out]


@pytest.mark.parametrize(("axis", "plane"), [(0, (1, 2)), (1, (0, 2)), (2, (0, 1))])
def test_a_quarter_turn_is_numpys(axis, plane):
    rng = np.random.default_rng(axis)
    values, labels = rng.normal(size=(6, 6, 6, 2)), rng.integers(0, 4, (6, 6, 6))
    angles = [math.pi / 2 if a == axis else 0.0 for a in range(3)]
    image, mask = resample(values, labels, (0, 0, 0), (6, 6, 6), affine_matrix(angles, [1.0] * 3))
    np.testing.assert_allclose(image, np.rot90(values, -1, plane), atol=1e-5)
    np.testing.assert_array_equal(mask, np.rot90(labels, -1, plane))


def test_the_identity_gives_the_crop_itself():
    rng = np.random.default_rng(0)
    values, labels = rng.normal(size=(5, 6, 7, 1)), rng.integers(0, 4, (5, 6, 7))
    image, mask = resample(values, labels, (1, 2, 3), (3, 4, 3), np.eye(3))
    np.testing.assert_array_equal(image, values[1:4, 2:6, 3:6].astype(np.float32))
    np.testing.assert_array_equal(mask, labels[1:4, 2:6, 3:6])


def test_image_and_labels_agree_with_scipy():
    rng = np.random.default_rng(1)
    values, labels = rng.normal(size=(9, 10, 11)), rng.integers(0, 4, (9, 10, 11))
    matrix = affine_matrix((0.4, -0.3, 0.9), (1.3, 1.3, 1.3)).numpy()
    size, origin = (6, 7, 8), np.array((2, 3, -1))
    half = (np.array(size) - 1) / 2
    offset = origin + half - matrix @ half

    def oracle(array):
        return ndimage.affine_transform(
            array.astype(float), matrix, offset, size, order=1, mode="grid-constant"
        )

    image, mask = resample(values[..., None], labels, origin, size, matrix)
    np.testing.assert_allclose(image[..., 0], oracle(values), atol=1e-5)
    shares = np.array([oracle(labels == label) for label in range(4)])
    shares[0] += 1 - shares.sum(axis=0)  # outside the volume is background
    best, second = np.sort(shares, axis=0)[[-1, -2]]
    clear = best - second > 1e-5
    assert clear.mean() > 0.9
    np.testing.assert_array_equal(mask[clear], shares.argmax(axis=0)[clear])


def test_at_a_tie_the_lower_label_wins():
    labels = np.array([[[2, 1]]])
    matrix = np.zeros((3, 3))  # every voxel shows the point between the two
    _, mask = resample(np.ones((1, 1, 2, 1)), labels, (0, 0, 0), (1, 1, 2), matrix)
    assert mask.ravel().tolist() == [1, 1]
