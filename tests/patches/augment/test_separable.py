import numpy as np
import tensorflow as tf

from kseg.patches.augment.separable import apply_along_axes, some_channels


def test_each_matrix_works_along_its_own_axis():
    rng = np.random.default_rng(0)
    voxels = rng.normal(size=(3, 4, 5)).astype(np.float32)
    matrices = [rng.normal(size=(n, n)).astype(np.float32) for n in voxels.shape]
    out = apply_along_axes(tf.constant(voxels), [tf.constant(m) for m in matrices])
    expected = np.einsum("az,by,cx,zyx->abc", *matrices, voxels)
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-4)


def test_a_channel_is_changed_where_its_first_draw_lies_below_the_probability():
    image = tf.zeros((1, 1, 1, 3))
    draws = tf.constant([[0.49, 1.0, 2.0], [0.51, 3.0, 4.0], [0.0, 5.0, 6.0]])
    out = some_channels(image, draws, 0.5, lambda voxels, own: voxels + own[0] * own[1])
    assert out.numpy().ravel().tolist() == [2, 0, 30]
