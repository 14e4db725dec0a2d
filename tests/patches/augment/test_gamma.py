import numpy as np
import tensorflow as tf

from kseg.patches.augment.gamma import Gamma, bend
from tests.patches.cases import seed_of

IMAGE = tf.random.stateless_normal((7, 8, 9, 2), [3, 4]) + tf.constant([5.0, -2.0])


def moments(image):
    return np.mean(image, axis=(0, 1, 2)), np.std(image, axis=(0, 1, 2))


def test_mean_and_deviation_are_kept():
    always = Gamma(1.0, inverted_probability=1.0)
    out = always(IMAGE, seed_of(0))
    assert not np.allclose(out, IMAGE, atol=0.01)
    np.testing.assert_allclose(moments(out), moments(IMAGE), rtol=1e-4, atol=1e-4)


def test_order_of_grey_values_is_kept_and_an_exponent_of_one_changes_nothing():
    np.testing.assert_allclose(bend(IMAGE, tf.ones(2)), IMAGE, atol=1e-5)
    bent = bend(IMAGE, tf.constant([0.7, 1.5])).numpy()
    for channel in range(2):
        order = np.argsort(IMAGE.numpy()[..., channel].ravel())
        assert np.all(np.diff(bent[..., channel].ravel()[order]) >= -1e-6)


def test_the_inverted_kind_bends_the_other_way():
    seed = seed_of(0)
    up = Gamma(1.0, (1.5, 1.5), inverted_probability=0.0)(IMAGE, seed).numpy()
    down = Gamma(0.0, (1.5, 1.5), inverted_probability=1.0)(IMAGE, seed).numpy()
    # Above 1 the power stretches the bright end; on the negative it stretches the dark end.
    assert up[..., 0].max() > IMAGE.numpy()[..., 0].max() > down[..., 0].max()


def test_a_constant_channel_stays_as_it_is():
    np.testing.assert_array_equal(bend(tf.ones((2, 2, 2, 1)), tf.constant([1.4])), 1)
