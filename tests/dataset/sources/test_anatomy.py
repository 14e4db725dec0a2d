import numpy as np

from kseg.dataset.sources.anatomy import paint_abdomen
from kseg.dataset.sources.canvas import Canvas
from tests.dataset.sources.scene import AXES, patient


def paint(seed):
    canvas = Canvas(AXES, 5.0, ("liver", "lesion"))
    paint_abdomen(canvas, patient(), np.random.default_rng(seed))
    return canvas


def test_a_seed_gives_one_abdomen_and_another_seed_another():
    first, again, other = paint(1), paint(1), paint(2)
    np.testing.assert_array_equal(first.hu, again.hu)
    liver, elsewhere = first.parts["liver"] > 0.5, other.parts["liver"] > 0.5
    overlap = 2 * (liver & elsewhere).sum() / (liver.sum() + elsewhere.sum())
    assert 0.4 < overlap < 0.95


def test_shares_of_the_parts_never_exceed_a_voxel():
    canvas = paint(3)
    total = canvas.parts["liver"] + canvas.parts["lesion"]
    assert total.min() > -1e-5 and total.max() < 1 + 1e-5
