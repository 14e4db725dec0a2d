"""Keras layers of volume and image networks; each works in anybody's own model."""

from kseg.layers.attention_gate import AttentionGate
from kseg.layers.conv_block import Conv2DBlock, Conv3DBlock
from kseg.layers.deconv_block import Deconv2DBlock, DeconvBlock
from kseg.layers.group_normalization import GroupNormalization
from kseg.layers.instance_normalization import InstanceNormalization
from kseg.layers.pool_block import Pool2DBlock, Pool3DBlock
from kseg.layers.residual_block import Residual2DBlock, Residual3DBlock
from kseg.layers.squeeze_excitation import SqueezeExcitation

__all__ = [
    "AttentionGate",
    "Conv2DBlock",
    "Conv3DBlock",
    "Deconv2DBlock",
    "DeconvBlock",
    "GroupNormalization",
    "InstanceNormalization",
    "Pool2DBlock",
    "Pool3DBlock",
    "Residual2DBlock",
    "Residual3DBlock",
    "SqueezeExcitation",
]
