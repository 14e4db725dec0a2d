"""From the recipe's `augment` section to the augmentation of patches."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kseg.patches import (
    Augmentation,
    mirror_axes,
    nnunet_preset,
    rotation_limits,
)
from kseg.recipe import AugmentSection
from kseg.workflow.steps import plugged_steps

KINDS = ("flip", "affine", "noise", "blur", "brightness", "contrast", "lowres", "gamma")


def make_augmentation(
    section: AugmentSection,
    size_zyx: tuple[int, int, int],
    spacing_mm: tuple[float, float, float],
    label_names: Sequence[str],
) -> Augmentation:
    """Return nnU-Net's augmentation for this patch, changed as the recipe says.

    Args:
        section: `AugmentSection`; a probability of 0 turns a kind off.
        size_zyx: 3 ints, voxels of a patch.
        spacing_mm: 3 floats (z, y, x), spacing of the patch in mm.
        label_names: names of the labels; left/right pairs keep `axes: auto` from mirroring x.

    Returns:
        `Augmentation`.
    """
    axes = mirror_axes(label_names) if section.flip.axes == "auto" else section.flip.axes
    preset = nnunet_preset(size_zyx, spacing_mm, axes)
    # Each kind's keys in a recipe are named as its settings are.
    changes = {kind: dict(getattr(section, kind)) for kind in KINDS}
    changes["flip"]["axes"] = axes
    degrees = section.affine.rotation_degrees
    changes["affine"]["rotation_degrees"] = rotation_limits(
        size_zyx, spacing_mm, None if degrees == "auto" else degrees
    )
    return Augmentation(
        **{
            kind: replace(getattr(preset, kind), **keys) if _may_happen(keys) else None
            for kind, keys in changes.items()
        },
        plugged=plugged_steps(section),
    )


def _may_happen(keys: Mapping[str, object]) -> bool:
    """Return whether any of a kind's chances is above 0."""
    return any(value > 0 for key, value in keys.items() if key.endswith("probability"))
