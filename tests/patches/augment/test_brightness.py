import numpy as np
import tensorflow as tf

from kseg.patches.augment.brightness import Brightness
from tests.patches.cases import seed_of


def test_each_channel_is_multiplied_by_a_factor_of_its_own():
    image = tf.random.stateless_normal((3, 4, 5, 2), [1, 2])
    out = Brightness(1.0, (0.75, 1.25))(image, seed_of(1)).numpy()
    ratio = out / image.numpy()
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0, 0, 0], ratio.shape), rtol=1e-5)
    assert ratio[0, 0, 0, 0] != ratio[0, 0, 0, 1]
    assert 0.75 <= ratio.min() and ratio.max() <= 1.2501


def test_a_probability_of_zero_leaves_the_image_alone():
    image = tf.ones((2, 2, 2, 1))
    assert np.array_equal(Brightness(0.0)(image, seed_of(1)), image)
