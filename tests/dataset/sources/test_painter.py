import numpy as np

from kseg.dataset.sources.canvas import Canvas
from kseg.dataset.sources.painter import Painter
from kseg.dataset.sources.patient import draw_abdomen


def test_an_organ_is_painted_near_its_place_with_about_its_volume():
    axes = tuple(np.arange(-60, 61, 2, dtype=np.float32) for _ in range(3))
    rng = np.random.default_rng(0)
    canvas = Canvas(axes, 2.0, ())
    painter = Painter(canvas, draw_abdomen(rng), rng)
    centre, radii = painter.organ((0, 0, 0), (30, 25, 20), 80.0, tilt=0.3)
    inside = canvas.hu > 0
    assert np.abs(np.mean(np.argwhere(inside), axis=0) * 2 - 60 - centre).max() < 15
    expected = 4 / 3 * np.pi * np.prod(radii)
    assert 0.75 < inside.sum() * 8 / expected < 1.35
    assert abs(np.median(canvas.hu[inside]) - 80) < 8
