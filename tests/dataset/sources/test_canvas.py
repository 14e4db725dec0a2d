import numpy as np
import pytest
from scipy import ndimage

from kseg.dataset.sources.canvas import Canvas, ellipsoid, smooth_field, tube

AXES = tuple(np.arange(-30, 31, 1, dtype=np.float32) for _ in range(3))
POINTS = np.meshgrid(*AXES, indexing="ij")
BOX = (slice(None),) * 3


def test_distances_to_a_sphere_and_a_tube_agree_with_scipy():
    for distance in (
        ellipsoid(POINTS, (0, 0, 0), (15, 15, 15), tilt=0.5),
        tube(POINTS, np.array([-10, 0, 0]), np.array([10, 5, 0]), 12.0),
    ):
        inside = distance <= 0
        expected = ndimage.distance_transform_edt(~inside)
        near = (expected > 0) & (expected < 8)
        np.testing.assert_allclose(distance[near], expected[near] - 0.5, atol=0.9)


def test_a_painted_ball_has_the_volume_of_a_ball():
    canvas = Canvas(AXES, 1.0, ("ball",))
    canvas.paint(BOX, ellipsoid(POINTS, (0.3, 0, 0), (20, 10, 15)), 50.0, part="ball")
    assert canvas.parts["ball"].sum() == pytest.approx(4 / 3 * np.pi * 20 * 10 * 15, rel=0.01)
    assert canvas.hu.max() == 50 and canvas.hu.min() == -1000


def test_what_is_painted_over_is_lost_and_what_is_within_never_leaves():
    canvas = Canvas(AXES, 1.0, ("liver", "lesion"))
    canvas.paint(BOX, ellipsoid(POINTS, (0, 0, 0), (20, 20, 20)), 100.0, part="liver")
    liver = canvas.parts["liver"].copy()
    canvas.paint(BOX, ellipsoid(POINTS, (0, 0, 18), (8, 8, 8)), 50.0, part="lesion", within="liver")
    shares = canvas.parts["liver"] + canvas.parts["lesion"]
    np.testing.assert_allclose(shares, liver, atol=1e-6)
    canvas.paint(BOX, ellipsoid(POINTS, (0, 0, 0), (40, 40, 40)), 0.0)
    assert canvas.parts["liver"].max() == canvas.parts["lesion"].max() == 0


def test_a_smooth_field_has_the_spread_that_was_asked_for():
    fields = [smooth_field(np.random.default_rng(s), AXES, 20, 3.0) for s in range(10)]
    assert np.std(fields) == pytest.approx(3.0, rel=0.25)
    assert np.abs(np.diff(fields[0], axis=0)).max() < 5
