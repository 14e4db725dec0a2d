"""A canvas with one patient's warped coordinates, texture and random choices."""

from collections.abc import Callable

import numpy as np

from kseg.dataset.sources.canvas import Canvas, Points, ellipsoid, smooth_field
from kseg.dataset.sources.patient import Abdomen

# Furthest that the warp and the draw of a centre may carry a surface beyond its nominal place.
_MARGIN_MM = 30.0


Triple = tuple[float, float, float]


class Painter:
    """A canvas together with one patient's warped coordinates and random choices.

    Args:
        canvas: Canvas to paint on.
        patient: Abdomen.
        rng: numpy Generator.
    """

    def __init__(self, canvas: Canvas, patient: Abdomen, rng: np.random.Generator):
        self.canvas, self.patient, self.rng = canvas, patient, rng
        axes = canvas.axes_mm
        self.straight: Points = tuple(np.meshgrid(*axes, indexing="ij", sparse=True))
        self.points: Points = tuple(
            axis + smooth_field(rng, axes, 110, 5.0) + smooth_field(rng, axes, 45, 1.2)
            for axis in self.straight
        )
        self.texture = smooth_field(rng, axes, 30, 1.0)

    def near(self, value: float, spread: float) -> float:
        """Draw a number near a value.

        Args:
            value: float, the mean.
            spread: float, the standard deviation.

        Returns:
            float.
        """
        return float(self.rng.normal(value, spread))

    def place(self, centre: Triple, jitter_mm: float = 5.0) -> Triple:
        """Return a nominal centre, scaled to the patient and moved at random.

        Args:
            centre: 3 floats (z, y, x), in mm.
            jitter_mm: float, standard deviation of the move along each axis.

        Returns:
            3 floats (z, y, x), in mm.
        """
        return tuple(c * self.patient.size + self.near(0, jitter_mm) for c in centre)

    def paint(
        self,
        distance_of: Callable[[Points], np.ndarray],
        centre: Triple,
        reach_mm: Triple,
        hu: float,
        *,
        texture_hu: float = 4.0,
        limit: np.ndarray | None = None,
        **marks: str,
    ) -> None:
        """Paint a shape, computed inside its box only, for speed.

        Args:
            distance_of: function from points to signed distances in mm.
            centre: 3 floats (z, y, x), in mm.
            reach_mm: 3 floats (z, y, x), half the size of the shape.
            hu: float, mean density.
            texture_hu: float, standard deviation of the density inside the shape.
            limit: array over the canvas, signed distance in mm to what the shape may not leave.
            **marks: `part` and `within` of `Canvas.paint`.
        """
        box = self.canvas.box(centre, tuple(r + _MARGIN_MM for r in reach_mm))
        distance = distance_of(tuple(axis[box] for axis in self.points))
        if limit is not None:
            distance = np.maximum(distance, limit[box])
        self.canvas.paint(box, distance, hu + texture_hu * self.texture[box], **marks)

    def organ(
        self,
        centre: Triple,
        radii_mm: Triple,
        hu: float,
        *,
        tilt: float = 0.0,
        jitter_mm: float = 5.0,
        limit: np.ndarray | None = None,
    ) -> tuple[Triple, Triple]:
        """Paint one ellipsoid organ of varied place and size.

        Args:
            centre: 3 floats (z, y, x), nominal place in mm.
            radii_mm: 3 floats (z, y, x), nominal radii.
            hu: float, mean density.
            tilt: float, rotation in the coronal plane, in radians.
            jitter_mm: float, standard deviation of the place.
            limit: as in `paint`.

        Returns:
            the centre and the radii that were drawn, in mm.
        """
        centre = self.place(centre, jitter_mm)
        radii = tuple(r * self.patient.size * self.rng.uniform(0.88, 1.12) for r in radii_mm)
        reach = (max(radii),) * 3 if tilt else radii
        self.paint(lambda p: ellipsoid(p, centre, radii, tilt), centre, reach, hu, limit=limit)
        return centre, radii
