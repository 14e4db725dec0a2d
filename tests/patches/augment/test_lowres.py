import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from kseg.patches.augment.lowres import Lowres, lowres_matrix
from tests.patches.cases import seed_of


@pytest.mark.parametrize(("extent", "coarse"), [(8, 4), (9, 5), (20, 13), (7, 7), (5, 1)])
def test_down_by_nearest_and_up_by_linear_interpolation_as_scipy_does(extent, coarse):
    line = np.random.default_rng(0).normal(size=extent).astype(np.float32)
    nearest = np.floor((np.arange(coarse) + 0.5) * extent / coarse).astype(int)
    centres = (np.arange(extent) + 0.5) * coarse / extent - 0.5
    expected = ndimage.map_coordinates(line[nearest], [centres], order=1, mode="nearest")
    out = lowres_matrix(extent, coarse / extent).numpy() @ line
    np.testing.assert_allclose(out, expected, atol=1e-5)


def test_axes_left_out_keep_their_resolution():
    image = tf.random.stateless_normal((6, 8, 10, 1), [1, 2])
    flat = tf.reduce_mean(image, axis=(1, 2), keepdims=True) + tf.zeros_like(image)
    lowres = Lowres(1.0, (0.5, 0.5), channel_probability=1.0, axes=("y", "x"))
    seed = seed_of(0)
    np.testing.assert_allclose(lowres(flat, seed), flat, atol=1e-6)
    assert not np.allclose(lowres(image, seed), image, atol=0.1)


def test_a_zoom_above_one_is_refused():
    with pytest.raises(ValueError, match="`zoom` must not be above 1"):
        Lowres(zoom=(0.5, 1.5))
