"""A canvas of Hounsfield units on which soft-edged shapes are painted one over another."""

from dataclasses import InitVar, dataclass, field

import numpy as np

Points = tuple[np.ndarray, np.ndarray, np.ndarray]
Box = tuple[slice, slice, slice]


def ellipsoid(
    points: Points,
    centre: tuple[float, float, float],
    radii: tuple[float, float, float],
    tilt: float = 0.0,
) -> np.ndarray:
    """Return the signed distance in mm to an ellipsoid, negative inside it.

    Args:
        points: 3 arrays (z, y, x) of positions in mm.
        centre: 3 floats (z, y, x), in mm.
        radii: 3 floats (z, y, x), in mm.
        tilt: float, rotation in the coronal plane (z, x), in radians.

    Returns:
        float32 array, right to first order near the surface.

    Example:
        >>> points = (np.zeros(3), np.zeros(3), np.array([0.0, 20.0, 30.0]))
        >>> ellipsoid(points, (0, 0, 0), (5, 10, 20)).round(3).tolist()
        [-5.0, 0.0, 10.0]
    """
    z, y, x = (axis - float(middle) for axis, middle in zip(points, centre, strict=True))
    cosine, sine = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
    scaled = [
        (cosine * z + sine * x) / np.float32(radii[0]),
        y / np.float32(radii[1]),
        (cosine * x - sine * z) / np.float32(radii[2]),
    ]
    level = np.sqrt(sum(axis * axis for axis in scaled))
    slope = np.sqrt(sum((a / np.float32(r)) ** 2 for a, r in zip(scaled, radii, strict=True)))
    # At the very centre both vanish; their ratio there is the length of a radius.
    tiny = np.float32(1e-6)
    ratio = np.maximum(level, tiny) / np.maximum(slope, tiny / np.float32(min(radii)))
    return ratio * (level - 1)


def tube(points: Points, start: np.ndarray, end: np.ndarray, radius_mm: float) -> np.ndarray:
    """Return the signed distance in mm to a straight tube with round ends.

    Args:
        points: 3 arrays (z, y, x) of positions in mm.
        start: 3 floats (z, y, x), one end of the axis, in mm.
        end: 3 floats (z, y, x), the other end, in mm.
        radius_mm: float, in mm.

    Returns:
        float32 array, negative inside the tube.

    Example:
        >>> points = (np.zeros(2), np.array([0.0, 7.0]), np.zeros(2))
        >>> tube(points, np.array([-9, 0, 0]), np.array([9, 0, 0]), 3.0).tolist()
        [-3.0, 4.0]
    """
    along = np.asarray(end, np.float32) - np.asarray(start, np.float32)
    offset = [axis - np.float32(first) for axis, first in zip(points, start, strict=True)]
    length = max(float(along @ along), 1e-6)
    share = sum(part * step for part, step in zip(offset, along, strict=True)) / np.float32(length)
    share = np.clip(share, 0, 1)
    gap = sum((part - share * step) ** 2 for part, step in zip(offset, along, strict=True))
    return np.sqrt(gap) - np.float32(radius_mm)


def blend_union(first: np.ndarray, second: np.ndarray, width_mm: float) -> np.ndarray:
    """Join two shapes given by signed distances, rounding the crease between them.

    Args:
        first: array of signed distances in mm.
        second: array of signed distances in mm, of the same shape.
        width_mm: float, size of the rounding in mm.

    Returns:
        array of signed distances in mm.

    Example:
        >>> blend_union(np.array([-5.0, 50.0]), np.array([60.0, -1.0]), 10.0).tolist()
        [-5.0, -1.0]
    """
    share = np.clip(0.5 + 0.5 * (second - first) / width_mm, 0, 1)
    return second + (first - second) * share - width_mm * share * (1 - share)


def smooth_field(
    rng: np.random.Generator, axes_mm: Points, wavelength_mm: float, amplitude: float
) -> np.ndarray:
    """Return a random field without detail finer than a wavelength.

    It is a sum of separable cosines, so that its cost is that of three small matrix products.

    Args:
        rng: numpy Generator.
        axes_mm: 3 one-dimensional arrays (z, y, x), positions in mm.
        wavelength_mm: float, shortest wavelength in mm.
        amplitude: float, standard deviation of the field, in its own unit.

    Returns:
        float32 array of shape (len(z), len(y), len(x)).

    Example:
        >>> axes = (np.arange(4.0), np.arange(5.0), np.arange(6.0))
        >>> smooth_field(np.random.default_rng(0), axes, 2.0, 1.0).shape
        (4, 5, 6)
    """
    waves = []
    for axis in axes_mm:
        span = max(float(axis[-1] - axis[0]), 1.0)
        count = max(2, int(round(2 * span / wavelength_mm)) + 1)
        phase = np.pi * (axis - axis[0]) / span
        waves.append(np.cos(np.outer(phase, np.arange(count))).astype(np.float32))
    weights = rng.standard_normal([wave.shape[1] for wave in waves], dtype=np.float32)
    weights[0, 0, 0] = 0  # no offset: the mean belongs to the caller
    weights *= np.float32(amplitude * np.sqrt(8 / weights.size))
    for wave in waves:  # each pass consumes the first axis and appends the expanded one
        weights = np.tensordot(weights, wave, axes=(0, 1))
    return weights


@dataclass
class Canvas:
    """Hounsfield units on a grid, with the share that each labelled part has in every voxel.

    Args:
        axes_mm: 3 one-dimensional float32 arrays (z, y, x), voxel centres in mm.
        edge_mm: float, width in mm over which a surface fades, about one voxel.
        names: names of the labelled parts.

    Example:
        >>> canvas = Canvas((np.zeros(1), np.zeros(1), np.arange(3.0)), 1.0, ("liver",))
        >>> canvas.paint(..., np.array([[[-5.0, 0.0, 5.0]]]), 100.0, part="liver")
        >>> canvas.parts["liver"].tolist()
        [[[1.0, 0.5, 0.0]]]
    """

    axes_mm: Points
    edge_mm: float
    names: InitVar[tuple[str, ...]]
    hu: np.ndarray = field(init=False)
    parts: dict[str, np.ndarray] = field(init=False)
    _painted: set[str] = field(init=False, default_factory=set)

    def __post_init__(self, names):
        shape = tuple(len(axis) for axis in self.axes_mm)
        self.hu = np.full(shape, -1000, np.float32)
        self.parts = {name: np.zeros(shape, np.float32) for name in names}

    def box(self, centre: tuple[float, float, float], reach_mm: tuple[float, float, float]) -> Box:
        """Return the slices of all voxels within a reach of a centre.

        Args:
            centre: 3 floats (z, y, x), in mm.
            reach_mm: 3 floats (z, y, x), in mm.

        Returns:
            3 slices (z, y, x).
        """
        edges = zip(self.axes_mm, centre, reach_mm, strict=True)
        return tuple(
            slice(*np.searchsorted(axis, (middle - reach, middle + reach)).tolist())
            for axis, middle, reach in edges
        )

    def paint(
        self,
        box: Box,
        distance: np.ndarray,
        hu: float | np.ndarray,
        *,
        part: str | None = None,
        within: str | None = None,
    ) -> None:
        """Paint a shape over what is there, with soft edges.

        Args:
            box: 3 slices (z, y, x), where to paint.
            distance: array over the box, signed distance to the shape in mm.
            hu: float or array over the box, what the shape is made of, in HU.
            part: str, the labelled part that gains the voxels; the others lose them.
            within: str, a labelled part that the shape may not leave.
        """
        cover = np.clip(0.5 - distance / np.float32(self.edge_mm), 0, 1).astype(np.float32)
        if within is not None:
            cover *= self.parts[within][box]
        here = self.hu[box]
        here += cover * (np.asarray(hu, np.float32) - here)
        self._painted.update({part} - {None})
        for name in self._painted:  # a part not painted yet has nothing to lose
            share = self.parts[name][box]
            if within is None:
                share *= 1 - cover
            elif name == within:  # what is taken comes from that part alone
                share -= cover
            if name == part:
                share += cover
