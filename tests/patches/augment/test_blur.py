import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from kseg.patches.augment.blur import Blur, blur_matrix
from tests.patches.cases import seed_of


@pytest.mark.parametrize("extent", [2, 3, 5, 20])
@pytest.mark.parametrize("sigma", [0.5, 1.0])
def test_a_line_is_blurred_as_scipy_does(extent, sigma):
    line = np.random.default_rng(0).normal(size=extent).astype(np.float32)
    expected = ndimage.gaussian_filter1d(line, sigma, mode="mirror", radius=3)
    out = blur_matrix(extent, sigma, 3).numpy() @ line
    np.testing.assert_allclose(out, expected, atol=1e-5)


def test_a_constant_image_stays_constant_and_noise_gets_smoother():
    blur = Blur(1.0, (0.5, 1.0), channel_probability=1.0)
    seed = seed_of(0)
    np.testing.assert_allclose(blur(tf.ones((4, 1, 6, 2)), seed), np.ones((4, 1, 6, 2)), atol=1e-6)
    noise = tf.random.stateless_normal((8, 8, 8, 1), [1, 2])
    assert np.std(blur(noise, seed)) < 0.7 * np.std(noise)
