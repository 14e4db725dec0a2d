"""The organs of the synthetic abdomen: the liver and all that is mistaken for it."""

import numpy as np

from kseg.dataset.sources.canvas import blend_union, ellipsoid, tube
from kseg.dataset.sources.painter import Painter


def paint_gut(painter: Painter, inside: np.ndarray) -> None:
    """Paint bowel loops and the stomach, with fluid, food or gas in them.

    Args:
        painter: Painter.
        inside: array over the canvas, signed distance in mm to the space below the diaphragm.
    """
    rng = painter.rng
    for _ in range(int(rng.integers(14, 22))):
        centre = (rng.uniform(-115, -30), rng.uniform(-15, 70), rng.uniform(-105, 105))
        radii = tuple(rng.uniform(12, 26, 3))
        tilt = rng.uniform(-1.5, 1.5)
        painter.organ(centre, radii, rng.uniform(35, 75), tilt=tilt, limit=inside)
        filling = rng.choice([rng.uniform(5, 60), -850.0], p=[0.75, 0.25])
        inner = tuple(r - 5 for r in radii)
        painter.organ(centre, inner, filling, tilt=tilt, jitter_mm=1.0, limit=inside)
    centre, radii = painter.organ(
        (5, 38, -55), (52, 36, 42), painter.near(70, 8), tilt=0.4, limit=inside
    )
    inner = tuple(r - 5 for r in radii)
    food = rng.uniform(10, 100)
    painter.paint(
        lambda p: ellipsoid(p, centre, inner, 0.4), centre, inner, food, limit=inside, texture_hu=8
    )
    level = centre[1] + rng.uniform(0.2, 0.8) * inner[1]  # gas rises to the front
    painter.paint(
        lambda p: np.maximum(ellipsoid(p, centre, inner, 0.4), level - p[1]),
        centre,
        inner,
        -900.0,
        limit=inside,
    )


def paint_soft_organs(painter: Painter, inside: np.ndarray) -> None:
    """Paint what lies against the liver at nearly its density: heart, spleen, pancreas.

    Args:
        painter: Painter.
        inside: array over the canvas, signed distance in mm to the space below the diaphragm.
    """
    hu, rng = painter.patient.liver_hu, painter.rng
    painter.organ((92, 40, -28), (42, 45, 55), hu + rng.uniform(-10, 45), tilt=-0.3)
    painter.organ((15, -30, -98), (48, 45, 27), hu + painter.near(8, 10), tilt=-0.25, limit=inside)
    start, end = painter.place((-28, 8, 28)), painter.place((2, -8, -70))
    middle = tuple((a + b) / 2 for a, b in zip(start, end, strict=True))
    painter.paint(
        lambda p: tube(p, np.array(start), np.array(end), rng.uniform(9, 13)),
        middle,
        (35, 30, 70),
        hu * 0.9 - 5,
        texture_hu=10,
    )


def paint_liver(painter: Painter, inside: np.ndarray) -> None:
    """Paint the liver of two lobes, its vessels and its lesions.

    Args:
        painter: Painter.
        inside: array over the canvas, signed distance in mm to the space below the diaphragm.
    """
    rng, patient = painter.rng, painter.patient
    size = patient.size
    right, left = painter.place((2, -2, 78)), painter.place((24, 42, 2), 8)
    right_radii = tuple(r * size * rng.uniform(0.88, 1.12) for r in (80, 74, 66))
    left_radii = tuple(r * size * rng.uniform(0.8, 1.2) for r in (40, 34, 74))
    tilts = rng.uniform(-0.15, 0.15), rng.uniform(0.1, 0.4)

    def liver(points):
        lobes = (
            ellipsoid(points, right, right_radii, tilts[0]),
            ellipsoid(points, left, left_radii, tilts[1]),
        )
        return blend_union(*lobes, 22.0)

    reach = (95, 90, 150)
    painter.paint(liver, right, reach, patient.liver_hu, limit=inside, part="liver", texture_hu=3)
    hilum = np.array(painter.place((-5, 10, 38)))
    _paint_vessels(painter, hilum, np.array(right), np.array(right_radii))
    for _ in range(patient.lesions):
        _paint_lesion(painter, right, right_radii, left, left_radii)


def _paint_vessels(painter: Painter, hilum, centre, radii) -> None:
    """Paint portal and hepatic veins as tubes that fork twice; they count as liver."""
    rng, canvas = painter.rng, painter.canvas
    brighter = painter.patient.liver_hu + rng.uniform(15, 50)
    for root in (hilum, hilum + np.array([45, -15, -5])):
        for _ in range(3):
            fork = centre + radii * rng.uniform(-0.55, 0.55, 3)
            tips = [fork + radii * rng.uniform(-0.4, 0.4, 3) for _ in range(2)]
            radius = rng.uniform(3.0, 5.5)
            for start, end, width in (
                (root, fork, radius),
                *((fork, t, 0.65 * radius) for t in tips),
            ):
                middle = (start + end) / 2
                reach = np.abs(end - start) / 2 + 8 + 12  # tube, then the warp
                box = canvas.box(tuple(middle), tuple(reach))
                distance = tube(tuple(a[box] for a in painter.points), start, end, width)
                canvas.paint(box, distance, brighter, part="liver", within="liver")


def _paint_lesion(painter: Painter, right, right_radii, left, left_radii) -> None:
    """Paint one dark lesion in a lobe, sometimes with a bright rim."""
    rng, liver_hu = painter.rng, painter.patient.liver_hu
    lobe = (left, left_radii) if rng.random() < 0.25 else (right, right_radii)
    centre = tuple(c + r * rng.uniform(-0.5, 0.5) for c, r in zip(*lobe, strict=True))
    radius = float(np.exp(rng.uniform(np.log(8), np.log(28))))
    radii = tuple(radius * rng.uniform(0.8, 1.25, 3))
    marks = {"part": "lesion", "within": "liver"}
    if radius > 12 and rng.random() < 0.3:
        rim = tuple(r + 2.5 for r in radii)
        painter.paint(lambda p: ellipsoid(p, centre, rim), centre, rim, liver_hu + 25, **marks)
        # The rim has become lesion: its core may be painted only there.
        marks["within"] = "lesion"
    darker = liver_hu - rng.uniform(25, 65)
    painter.paint(
        lambda p: ellipsoid(p, centre, radii), centre, radii, darker, texture_hu=6, **marks
    )


def paint_neighbours(painter: Painter) -> None:
    """Paint what presses into the liver: gallbladder, kidneys, great vessels.

    Args:
        painter: Painter.
    """
    rng, blood = painter.rng, painter.patient.blood_hu
    painter.organ((-38, 38, 45), (26, 15, 14), rng.uniform(0, 20), tilt=0.4)
    cortex = rng.uniform(0.9, 1.3) * blood
    for side in (-1, 1):
        centre, _ = painter.organ(
            (-52 - 6 * side, -48, 64 * side), (54, 27, 27), cortex, tilt=0.15 * side
        )
        sinus = (centre[0], centre[1] + 5, centre[2] - 12 * side)
        painter.paint(
            lambda p, c=sinus: ellipsoid(p, c, (24, 9, 11)),
            sinus,
            (24, 9, 11),
            -20.0,
            texture_hu=15,
        )
    for y, x, radius, hu in ((-42, -9, 11, blood), (-34, 20, 12, blood * 0.85)):
        _, y, x = painter.place((0, y, x), 3)
        start, end = np.array([-400, y, x]), np.array([400, y, x])
        painter.paint(
            lambda p, s=start, e=end, r=radius: tube(p, s, e, r), (0, y, x), (400, 14, 14), hu
        )
