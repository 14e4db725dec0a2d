"""Keys of a recipe that have no meaning where regions are learned, which may overlap."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kseg.recipe.section import Conflict

if TYPE_CHECKING:
    from kseg.recipe.schema import Recipe

_RELATED = (("data", "regions"),)
_WITH_A_FORM = "cross_entropy, dice and tversky have one"


def region_conflicts(recipe: "Recipe") -> Iterator[Conflict]:
    """Yield what a recipe says that has no form for regions.

    Args:
        recipe: `Recipe` whose data are learned as regions, by its own word or by that of the data.

    Yields:
        `Conflict`, its key from the top of the recipe.
    """
    loss = recipe.loss
    for key in ("focal", "top_k"):
        if getattr(loss, key) is not None:
            yield Conflict(
                ("loss", key),
                "has no form for regions, which may overlap",
                getattr(loss, key).model_dump(),
                f"Write null; {_WITH_A_FORM}.",
                _RELATED,
            )
    for key in ("dice", "tversky"):
        term = getattr(loss, key)
        if term is not None and term.background:
            yield Conflict(
                ("loss", key, "background"),
                "must be false where regions are learned: the background has no output",
                True,
                "Write false.",
                _RELATED,
            )
    term = loss.cross_entropy
    if term is not None and term.class_weights in ("batch", "dataset"):
        yield Conflict(
            ("loss", "cross_entropy", "class_weights"),
            "must be none or a list of one weight for each region: regions overlap, so that they "
            "have no shares of the voxels",
            term.class_weights,
            "Write none.",
            _RELATED,
        )
    if "voxel_accuracy" in recipe.fit.metrics:
        yield Conflict(
            ("fit", "metrics"),
            "must not hold voxel_accuracy where regions are learned: a voxel may be in several",
            recipe.fit.metrics,
            "Write [patch_dice].",
            _RELATED,
        )
