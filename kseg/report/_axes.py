"""What all drawings of the pages share: colours, size, grid, and how long a name may be."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kseg.report._inline_svg import printable

# Okabe and Ito's colours that stand out from white and from black, the strongest first.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
WIDTH_INCHES, HEIGHT_INCHES = 4.8, 2.9
LONGEST_NAME = 28


def new_figure(
    height_inches: float = HEIGHT_INCHES, width_inches: float = WIDTH_INCHES
) -> tuple[Figure, Axes]:
    """Return an empty figure with one pair of axes.

    Args:
        height_inches: float.
        width_inches: float.

    Returns:
        `Figure` and its `Axes`.
    """
    figure = Figure(figsize=(width_inches, height_inches), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(alpha=0.2)
    axes.set_axisbelow(True)
    return figure, axes


def short(name: str, longest: int = LONGEST_NAME) -> str:
    """Return a name as a drawing has room for it.

    Args:
        name: str.
        longest: int, characters.

    Returns:
        str, on one line, its end cut off where it is too long.

    Example:
        >>> short("left  atrium"), short("hippocampus", 6)
        ('left atrium', 'hippo…')
    """
    name = printable(name)
    return name if len(name) <= longest else name[: longest - 1] + "…"


def jitter(count: int) -> np.ndarray:
    """Return shifts within ±0.2 that keep points of one row apart.

    Args:
        count: int.

    Returns:
        (count,) array, the same every time.

    Example:
        >>> jitter(1)
        array([0.])
    """
    # Multiples of the golden ratio lie apart without any chance, so the drawing stays the same.
    return (np.arange(count) * 0.618034 % 1 - 0.5) * 0.4 if count > 1 else np.zeros(1)
