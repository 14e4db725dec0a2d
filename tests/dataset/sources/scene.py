"""A coarse painter for the tests of the phantom's parts."""

import numpy as np

from kseg.dataset.sources.canvas import Canvas
from kseg.dataset.sources.painter import Painter
from kseg.dataset.sources.patient import Abdomen

AXES = (
    np.arange(-100, 101, 5, dtype=np.float32),
    np.arange(-135, 136, 5, dtype=np.float32),
    np.arange(-180, 181, 5, dtype=np.float32),
)


def patient(lesions: int = 3) -> Abdomen:
    return Abdomen(
        half_width=155,
        half_depth=112,
        fat=15,
        size=1.0,
        liver_hu=100,
        muscle_hu=60,
        blood_hu=150,
        lesions=lesions,
    )


def painter(seed: int = 0, lesions: int = 3) -> Painter:
    canvas = Canvas(AXES, 5.0, ("liver", "lesion"))
    return Painter(canvas, patient(lesions), np.random.default_rng(seed))


def at(canvas: Canvas, z: float, y: float, x: float) -> float:
    """Return the density at a place in mm."""
    index = tuple(int(np.abs(a - v).argmin()) for a, v in zip(AXES, (z, y, x), strict=True))
    return float(canvas.hu[index])
