"""Random changes of a patch that keep its labels true."""

from kseg.patches.augment.affine import Affine
from kseg.patches.augment.blur import Blur
from kseg.patches.augment.brightness import Brightness
from kseg.patches.augment.contrast import Contrast
from kseg.patches.augment.flip import Flip, mirror_axes
from kseg.patches.augment.gamma import Gamma
from kseg.patches.augment.lowres import Lowres
from kseg.patches.augment.noise import Noise
from kseg.patches.augment.pipeline import Augmentation
from kseg.patches.augment.plugged import PluggedStep, contract_faults
from kseg.patches.augment.preset import nnunet_preset, rotation_limits

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
    "PluggedStep",
    "contract_faults",
    "mirror_axes",
    "nnunet_preset",
    "rotation_limits",
]
