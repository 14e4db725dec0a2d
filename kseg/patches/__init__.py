"""Cached volumes in, augmented batches of patches out (`tf.data`)."""

from kseg.patches.augment import (
    Affine,
    Augmentation,
    Blur,
    Brightness,
    Contrast,
    Flip,
    Gamma,
    Lowres,
    Noise,
    PluggedStep,
    contract_faults,
    mirror_axes,
    nnunet_preset,
    rotation_limits,
)
from kseg.patches.resident import resident_bytes
from kseg.patches.sample import PatchSettings, cases_of_step
from kseg.patches.stream import make_stream, make_streams

__all__ = [
    "Affine",
    "Augmentation",
    "Blur",
    "Brightness",
    "Contrast",
    "Flip",
    "Gamma",
    "Lowres",
    "Noise",
    "PatchSettings",
    "PluggedStep",
    "cases_of_step",
    "contract_faults",
    "make_stream",
    "make_streams",
    "mirror_axes",
    "nnunet_preset",
    "resident_bytes",
    "rotation_limits",
]
