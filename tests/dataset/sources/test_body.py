import numpy as np

from kseg.dataset.sources.body import paint_body, paint_lungs, paint_spine
from tests.dataset.sources.scene import at, painter


def test_the_body_is_fat_round_muscle_round_a_cavity_in_air():
    one = painter()
    cavity = paint_body(one)
    assert at(one.canvas, -60, 130, -175) < -900
    assert -125 < at(one.canvas, -60, 0, 0) < -60
    assert cavity[20, 27, 36] < 0 < cavity[20, 0, 0]
    wall = (cavity > 2) & (cavity < 9)
    assert 40 < np.median(one.canvas.hu[:10][wall[:10]]) < 80


def test_the_lungs_are_above_the_diaphragm_and_inside_the_cavity():
    one = painter()
    cavity = paint_body(one)
    dome = paint_lungs(one, cavity)
    lung = one.canvas.hu < -700
    assert at(one.canvas, 95, 20, 70) < -700
    assert not (lung & (cavity < 0) & (one.points[0] < dome - 5)).any()


def test_the_spine_is_bone_in_the_middle_of_the_back():
    one = painter()
    paint_spine(one)
    bone = np.argwhere(one.canvas.hu > 150)
    z, y, x = bone.mean(axis=0) * 5 - (100, 135, 180)
    assert abs(z) < 10 and -110 < y < -40 and abs(x) < 5
