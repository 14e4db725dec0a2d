import numpy as np
import pytest

from kseg.dataset.sources.body import paint_body, paint_lungs
from kseg.dataset.sources.organs import paint_gut, paint_liver, paint_neighbours, paint_soft_organs
from tests.dataset.sources.scene import painter


def inside(one):
    cavity = paint_body(one)
    return np.maximum(cavity, one.points[0] - paint_lungs(one, cavity))


@pytest.mark.parametrize("lesions", [0, 4])
def test_the_liver_lies_right_and_holds_its_lesions(lesions):
    one = painter(lesions=lesions)
    limit = inside(one)
    paint_liver(one, limit)
    liver, lesion = one.canvas.parts["liver"], one.canvas.parts["lesion"]
    both = (liver + lesion) > 0.5
    assert 0.5 < both.sum() * 125 / 1e6 < 2.5
    assert np.argwhere(both)[:, 2].mean() * 5 - 180 > 30
    assert limit[both].max() < 5
    assert (lesion > 0.5).any() == bool(lesions)
    if lesions:
        assert one.canvas.hu[lesion > 0.9].mean() < one.canvas.hu[liver > 0.9].mean() - 10


def test_other_organs_have_the_livers_density_and_no_label():
    one = painter()
    limit = inside(one)
    paint_gut(one, limit)
    paint_soft_organs(one, limit)
    alike = (np.abs(one.canvas.hu - 100) < 25) & (limit < -5)
    assert alike.sum() * 125 / 1e6 > 0.1
    assert not one.canvas.parts["liver"].any()


def test_neighbours_press_into_the_liver():
    one = painter()
    limit = inside(one)
    paint_liver(one, limit)
    before = one.canvas.parts["liver"].sum()
    paint_neighbours(one)
    assert 0.8 * before < one.canvas.parts["liver"].sum() < before
