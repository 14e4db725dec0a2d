"""The frame of the synthetic abdomen: skin, fat, muscles, ribs, lungs and spine."""

import numpy as np

from kseg.dataset.sources.canvas import ellipsoid, smooth_field
from kseg.dataset.sources.painter import Painter


def paint_body(painter: Painter) -> np.ndarray:
    """Paint couch, skin, fat, muscle wall and ribs; return the distance to the cavity.

    Args:
        painter: Painter.

    Returns:
        array over the canvas, signed distance in mm to the abdominal cavity.
    """
    patient, canvas, rng = painter.patient, painter.canvas, painter.rng
    z, y, x = painter.straight

    def oval(half_width, half_depth, middle=0.0):
        level = (np.abs(x / half_width) ** 2.4 + np.abs((y - middle) / half_depth) ** 2.4) ** (
            1 / 2.4
        )
        return (level - 1) * half_depth

    everywhere = (slice(None),) * 3
    wobble = smooth_field(rng, canvas.axes_mm, 120, 2.0)
    couch = np.abs(y + patient.half_depth + 14 + (x / 60) ** 2 * -1.5) - 3
    canvas.paint(everywhere, np.broadcast_to(couch, canvas.hu.shape), -350.0)
    skin = oval(patient.half_width, patient.half_depth) + wobble
    canvas.paint(everywhere, skin, 20.0)
    canvas.paint(everywhere, skin + 2.5, -105 + 5 * painter.texture)
    thin, thick = patient.fat * 0.8, patient.fat
    wall = oval(patient.half_width - thick, patient.half_depth - thin) + wobble
    canvas.paint(everywhere, wall, patient.muscle_hu + 5 * painter.texture)
    cavity = oval(patient.half_width - thick - 15, patient.half_depth - thin - 13, 3.0) + wobble
    turn = np.arctan2(np.abs(x), -y)
    rib = np.abs((z + 62 * turn + 400) % 27 - 13.5) - 4.5  # ribs slope down to the front
    rib = np.maximum(np.maximum(rib, np.abs(cavity - 6) - 3.5), -z - 45)
    canvas.paint(everywhere, rib, 260.0)
    canvas.paint(everywhere, cavity, -95 + 8 * painter.texture)
    return cavity


def paint_lungs(painter: Painter, cavity: np.ndarray) -> np.ndarray:
    """Paint the lungs above the diaphragm; return the diaphragm's height in mm.

    Args:
        painter: Painter.
        cavity: array over the canvas, signed distance in mm to the cavity.

    Returns:
        array over the canvas, height of the diaphragm in mm.
    """
    size = painter.patient.size
    _, y, x = painter.points
    top = painter.near(66, 5) * size
    left = painter.near(56, 6) * size
    bump = (y - 8) ** 2
    right_dome = np.exp(-(((x - 72) / 75) ** 2) - bump / 80**2)
    left_dome = np.exp(-(((x + 75) / 65) ** 2) - bump / 75**2)
    dome = -45 + (top + 45) * right_dome + (left + 45) * left_dome
    dome = np.minimum(np.maximum(dome, -30 + 0.35 * y), max(top, left))
    lung = np.maximum(cavity, dome - painter.points[0])
    painter.canvas.paint((slice(None),) * 3, lung, -840 + 25 * painter.texture)
    return dome


def paint_spine(painter: Painter) -> None:
    """Paint vertebrae with discs, canal, processes and the muscles beside them.

    Args:
        painter: Painter.
    """
    canvas, patient = painter.canvas, painter.patient
    back = -patient.half_depth + patient.fat * 0.8
    middle = back + 46
    for side in (-1, 1):
        for y, x, radii in ((middle + 2, 36, (400, 16, 15)), (back + 20, 34, (400, 19, 27))):
            centre = (0, y, side * x)
            painter.paint(
                lambda p, c=centre, r=radii: ellipsoid(p, c, r), centre, radii, patient.muscle_hu
            )
    box = canvas.box((0, middle - 14, 0), (1000, 36, 30))
    z, y, x = (
        axis[tuple(b if n > 1 else slice(None) for b, n in zip(box, axis.shape, strict=True))]
        for axis in painter.straight
    )
    height = np.abs((z + 300) % 32 - 16) + 0 * y + 0 * x  # 16 mm at the middle of a disc's gap
    column = np.sqrt((x / 23) ** 2 + ((y - middle) / 17) ** 2) * 19 - 19 + 0 * z
    canvas.paint(box, column, 85.0)
    bone = np.maximum(column, height - 12.5)
    canvas.paint(box, bone, 380.0)
    canvas.paint(box, bone + 3, 190 + 25 * painter.texture[box])
    arch = np.sqrt((x / 17) ** 2 + ((y - middle + 26) / 12) ** 2) * 14 - 14 + 0 * z
    canvas.paint(box, arch, 340.0)
    spinous = np.maximum(np.abs(x) - 4, np.abs(y - middle + 38) - 9)
    canvas.paint(box, np.maximum(spinous, height - 9), 330.0)
    canal = np.sqrt((x / 11) ** 2 + ((y - middle + 25) / 8) ** 2) * 9 - 9 + 0 * z
    canvas.paint(box, canal, 25.0)
