"""From the recipe's `augment` section to the augmentation of patches."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from kseg.errors import RecipeError
from kseg.patches import (
    Augmentation,
    PluggedStep,
    mirror_axes,
    nnunet_preset,
    rotation_limits,
    step_faults,
)
from kseg.plugins import Component, find_component
from kseg.recipe import AugmentSection

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


def plugged_steps(section: AugmentSection) -> tuple[PluggedStep, ...]:
    """Return the steps of other packages, in the order of the recipe.

    Args:
        section: `AugmentSection`.

    Returns:
        tuple of `PluggedStep`.

    Raises:
        RecipeError: if one cannot be made with its arguments.
    """
    steps = []
    for part in (section.plugins or {}).values():
        component = find_component("augment", part.name)
        try:
            step = component.load()(**part.args)
        except (TypeError, ValueError) as error:
            raise _refused(component, f"cannot be made so: {error}") from error
        if not callable(step):
            raise _refused(component, f"must give a function. Received: {step!r:.80}")
        steps.append(PluggedStep(component.name, step))
    return tuple(steps)


def check_steps(
    section: AugmentSection,
    size_zyx: tuple[int, int, int],
    channels: int,
    labels: int,
) -> None:
    """Try the steps of other packages on one patch of noise, before any is trained on.

    Args:
        section: `AugmentSection`.
        size_zyx: 3 ints, voxels of a patch.
        channels: int, channels of the image.
        labels: int, label values that exist.

    Raises:
        RecipeError: if one breaks its contract.
    """
    generator = np.random.default_rng(0)
    image = generator.normal(size=(*size_zyx, channels)).astype(np.float32)
    mask = generator.integers(0, labels, size_zyx).astype(np.uint8)
    for step, part in zip(plugged_steps(section), (section.plugins or {}).values(), strict=True):
        for fault in step_faults(step, image, mask):
            raise _refused(find_component("augment", part.name), f"breaks its contract: {fault}")


def _refused(component: Component, reason: str) -> RecipeError:
    return RecipeError(
        why=f"augment.plugins: the step `{component.name}` of {component.origin} {reason}",
        fix="correct its arguments, or mend it: kseg.testing.check_augment runs its whole contract",
        code="KS-F10",
    )


def _may_happen(keys: Mapping[str, object]) -> bool:
    """Return whether any of a kind's chances is above 0."""
    return any(value > 0 for key, value in keys.items() if key.endswith("probability"))
