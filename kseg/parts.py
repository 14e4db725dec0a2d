"""All of kseg's Keras parts in one place; importing it registers them for `keras.saving`."""

from kseg.layers import Conv3DBlock, DeconvBlock, InstanceNormalization
from kseg.losses import CombinedLoss, SoftDice, WeightedCrossEntropy
from kseg.metrics import CaseDice
from kseg.models import DeepSupervisionModel, unet
from kseg.schedules import (
    WarmupConstant,
    WarmupCosine,
    WarmupExponential,
    WarmupPolynomial,
)

__all__ = [
    "CaseDice",
    "CombinedLoss",
    "Conv3DBlock",
    "DeconvBlock",
    "DeepSupervisionModel",
    "InstanceNormalization",
    "SoftDice",
    "WarmupConstant",
    "WarmupCosine",
    "WarmupExponential",
    "WarmupPolynomial",
    "WeightedCrossEntropy",
    "unet",
]
