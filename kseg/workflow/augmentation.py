"""From the recipe's `augment` section to the augmentation of patches."""

from collections.abc import Sequence
from dataclasses import replace

from kseg.patches import Augmentation, mirror_axes, nnunet_preset
from kseg.recipe import AugmentSection


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
    return Augmentation(
        flip=_kept(section.flip.probability, preset.flip, probability=section.flip.probability),
        affine=_affine(section, preset),
        noise=_kept(
            section.noise.probability,
            preset.noise,
            probability=section.noise.probability,
            sigma_max=section.noise.sigma_max,
        ),
        blur=_kept(
            section.blur.probability,
            preset.blur,
            probability=section.blur.probability,
            sigma=section.blur.sigma,
        ),
        brightness=_kept(
            section.brightness.probability,
            preset.brightness,
            probability=section.brightness.probability,
            range=section.brightness.range,
        ),
        contrast=_kept(
            section.contrast.probability,
            preset.contrast,
            probability=section.contrast.probability,
            range=section.contrast.range,
        ),
        lowres=_kept(
            section.lowres.probability,
            preset.lowres,
            probability=section.lowres.probability,
            zoom=section.lowres.zoom,
        ),
        gamma=_kept(
            section.gamma.probability + section.gamma.inverted_probability,
            preset.gamma,
            probability=section.gamma.probability,
            range=section.gamma.range,
            inverted_probability=section.gamma.inverted_probability,
        ),
    )


def _kept(chance: float, preset, **changes):
    """Return the preset with `changes`, or None where it never happens."""
    return replace(preset, **changes) if chance else None


def _affine(section: AugmentSection, preset: Augmentation):
    affine = section.affine
    changes = {
        "rotation_probability": affine.rotation_probability,
        "scale": affine.scale,
        "scale_probability": affine.scale_probability,
    }
    if "rotation_degrees" in affine.model_fields_set:
        # Where slices stay together the preset turns about one axis only; so does the recipe's
        # angle, which is the largest about each axis that turns at all.
        changes["rotation_degrees"] = tuple(
            affine.rotation_degrees if degrees else 0.0
            for degrees in preset.affine.rotation_degrees
        )
    return _kept(affine.rotation_probability + affine.scale_probability, preset.affine, **changes)
