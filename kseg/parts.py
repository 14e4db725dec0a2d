"""All of kseg's Keras parts in one place; importing it registers them for `keras.saving`."""

from kseg.layers import (
    AttentionGate,
    Conv2DBlock,
    Conv3DBlock,
    Deconv2DBlock,
    DeconvBlock,
    GroupNormalization,
    InstanceNormalization,
    Pool2DBlock,
    Pool3DBlock,
    Residual2DBlock,
    Residual3DBlock,
    SqueezeExcitation,
)
from kseg.losses import (
    CombinedLoss,
    FocalCrossEntropy,
    RegionCrossEntropy,
    SoftDice,
    TopKCrossEntropy,
    Tversky,
    WeightedCrossEntropy,
)
from kseg.metrics import CaseDice, VoxelAccuracy
from kseg.models import DeepSupervisionModel, fcn, nnunet_arguments, unet
from kseg.schedules import (
    OneCycle,
    WarmupConstant,
    WarmupCosine,
    WarmupExponential,
    WarmupPolynomial,
)

__all__ = [
    "AttentionGate",
    "CaseDice",
    "CombinedLoss",
    "Conv2DBlock",
    "Conv3DBlock",
    "Deconv2DBlock",
    "DeconvBlock",
    "DeepSupervisionModel",
    "FocalCrossEntropy",
    "GroupNormalization",
    "InstanceNormalization",
    "OneCycle",
    "Pool2DBlock",
    "Pool3DBlock",
    "RegionCrossEntropy",
    "Residual2DBlock",
    "Residual3DBlock",
    "SoftDice",
    "SqueezeExcitation",
    "TopKCrossEntropy",
    "Tversky",
    "VoxelAccuracy",
    "WarmupConstant",
    "WarmupCosine",
    "WarmupExponential",
    "WarmupPolynomial",
    "WeightedCrossEntropy",
    "fcn",
    "nnunet_arguments",
    "unet",
]
