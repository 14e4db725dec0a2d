"""From the recipe to the sliding window of its predictions."""

from collections.abc import Sequence

from kseg.patches import mirror_axes
from kseg.predict import WindowSettings
from kseg.recipe import Recipe

AXES = ("z", "y", "x")


def window_settings(recipe: Recipe, label_names: Sequence[str]) -> WindowSettings:
    """Return the sliding window of a recipe; mirrored only where the labels allow it.

    Args:
        recipe: `Recipe`.
        label_names: names of the labels; left/right pairs keep x from being mirrored.

    Returns:
        `WindowSettings`.
    """
    predict = recipe.predict
    axes = mirror_axes(label_names) if predict.mirror else ()
    return WindowSettings(
        tuple(recipe.patches.size),
        predict.batch,
        predict.overlap,
        predict.blend,
        tuple(AXES.index(axis) for axis in axes),
    )
