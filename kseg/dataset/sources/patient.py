"""What one synthetic patient is made of."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Abdomen:
    """What one synthetic patient is made of; lengths in mm, densities in HU.

    Args:
        half_width: float, half the body's width (x).
        half_depth: float, half the body's depth (y).
        fat: float, thickness of the subcutaneous fat.
        size: float, factor on the organs' sizes and places.
        liver_hu: float, density of the liver.
        muscle_hu: float, density of the muscles.
        blood_hu: float, density of the great vessels.
        lesions: int, number of liver lesions.
    """

    half_width: float
    half_depth: float
    fat: float
    size: float
    liver_hu: float
    muscle_hu: float
    blood_hu: float
    lesions: int


def draw_abdomen(rng: np.random.Generator) -> Abdomen:
    """Draw one patient.

    Args:
        rng: numpy Generator.

    Returns:
        Abdomen.

    Example:
        >>> 130 < draw_abdomen(np.random.default_rng(0)).half_width < 190
        True
    """
    fatty = rng.random() < 0.2  # a fatty liver is no brighter than muscle
    liver_hu = rng.uniform(45, 65) if fatty else rng.uniform(80, 125)
    return Abdomen(
        half_width=rng.uniform(140, 172),
        half_depth=rng.uniform(102, 122),
        fat=rng.uniform(8, 24),
        size=rng.uniform(0.9, 1.08),
        liver_hu=liver_hu,
        muscle_hu=rng.uniform(50, 68),
        blood_hu=max(liver_hu + 15, rng.uniform(110, 190)),
        lesions=int(rng.choice([0, 1, 2, 3, 4, 6], p=[0.05, 0.2, 0.25, 0.2, 0.15, 0.15])),
    )
