"""Keras layers of volume networks; each works in anybody's own model."""

from kseg.layers.conv_block import Conv3DBlock
from kseg.layers.deconv_block import DeconvBlock
from kseg.layers.instance_normalization import InstanceNormalization

__all__ = ["Conv3DBlock", "DeconvBlock", "InstanceNormalization"]
