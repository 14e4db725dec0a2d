import numpy as np
import tensorflow as tf

from kseg.patches.augment.contrast import Contrast, change_contrast
from tests.patches.cases import seed_of

IMAGE = tf.random.stateless_normal((6, 7, 8, 2), [3, 4])


def test_distances_from_the_channels_mean_are_scaled():
    out = change_contrast(IMAGE, tf.constant([0.5, 0.8])).numpy()
    space = (0, 1, 2)
    np.testing.assert_allclose(out.mean(space), IMAGE.numpy().mean(space), atol=1e-5)
    np.testing.assert_allclose(out.std(space), IMAGE.numpy().std(space) * [0.5, 0.8], rtol=1e-4)


def test_the_range_is_never_left():
    out = Contrast(1.0, (1.5, 2.0))(IMAGE, seed_of(0)).numpy()
    space = (0, 1, 2)
    assert np.array_equal(out.min(space), IMAGE.numpy().min(space))
    assert np.array_equal(out.max(space), IMAGE.numpy().max(space))
