"""The synthetic abdomen: in which order its parts are painted."""

import numpy as np

from kseg.dataset.sources.body import paint_body, paint_lungs, paint_spine
from kseg.dataset.sources.canvas import Canvas
from kseg.dataset.sources.organs import paint_gut, paint_liver, paint_neighbours, paint_soft_organs
from kseg.dataset.sources.painter import Painter
from kseg.dataset.sources.patient import Abdomen


def paint_abdomen(canvas: Canvas, patient: Abdomen, rng: np.random.Generator) -> None:
    """Paint a patient from the skin inwards; later organs press into earlier ones.

    Args:
        canvas: Canvas with the parts "liver" and "lesion".
        patient: Abdomen.
        rng: numpy Generator for places, shapes and texture.
    """
    painter = Painter(canvas, patient, rng)
    cavity = paint_body(painter)
    dome = paint_lungs(painter, cavity)
    inside = np.maximum(cavity, painter.points[0] - dome) + 2
    paint_gut(painter, inside)
    paint_soft_organs(painter, inside)
    paint_liver(painter, inside)
    paint_neighbours(painter)
    paint_spine(painter)
