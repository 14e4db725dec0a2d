import numpy as np
import pytest
import tensorflow as tf

from kseg.patches.augment.affine import Affine, affine_matrix
from tests.patches.cases import seed_of


def draws(affine, count=200):
    draw = tf.function(affine.draw)
    pairs = [draw(seed_of(step)) for step in range(count)]
    return np.array([bool(d) for d, _ in pairs]), np.array([m.numpy() for _, m in pairs])


def test_rotation_and_scaling_are_drawn_apart():
    drawn, matrices = draws(Affine(rotation_probability=0.2, scale_probability=0.2), 400)
    assert abs(drawn.mean() - 0.36) < 0.1
    assert np.all(matrices[~drawn] == np.eye(3))


def test_a_rotation_keeps_lengths_and_stays_within_its_angle():
    drawn, matrices = draws(Affine((30.0, 0.0, 0.0), 1.0, scale_probability=0), 100)
    assert drawn.all()
    np.testing.assert_allclose(matrices @ matrices.transpose(0, 2, 1), [np.eye(3)] * 100, atol=1e-6)
    np.testing.assert_array_equal(matrices[:, 0], [[1, 0, 0]] * 100)
    angles = np.degrees(np.arctan2(matrices[:, 2, 1], matrices[:, 1, 1]))
    assert -30 <= angles.min() < -25 and 25 < angles.max() <= 30


def test_one_scale_is_shared_by_the_axes_that_scale():
    affine = Affine(rotation_probability=0, scale_probability=1.0, scale_axes=("y", "x"))
    _, matrices = draws(affine, 100)
    factors = matrices.diagonal(axis1=1, axis2=2)
    assert np.all(factors[:, 0] == 1) and np.all(factors[:, 1] == factors[:, 2])
    assert 0.7 <= factors[:, 1].min() < 0.75 and 1.35 < factors[:, 1].max() < 1.4


def test_turning_on_an_uneven_grid_keeps_lengths_in_millimetres():
    spacing = np.array([3.0, 2.0, 1.0])
    matrix = affine_matrix((0.3, -0.5, 0.7), (1.0, 1.0, 1.0), spacing).numpy()
    in_mm = spacing[:, None] * matrix / spacing[None, :]
    np.testing.assert_allclose(in_mm @ in_mm.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(in_mm) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"rotation_probability": 1.1},
        {"scale": (1.4, 0.7)},
        {"scale_axes": ("w",)},
        {"rotation_degrees": (30.0, 30.0)},
        {"spacing_mm": (1.0, 0.0, 1.0)},
    ],
)
def test_settings_out_of_range_are_refused_by_name(change):
    with pytest.raises(ValueError, match=f"`{next(iter(change))}` must .* Received"):
        Affine(**change)
