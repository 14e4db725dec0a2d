"""Network factories: plain arguments in, Keras models out."""

from kseg.models.build import FACTORIES, build
from kseg.models.deep_supervision import (
    DeepSupervisionModel,
    default_head_weights,
    thin_labels,
)
from kseg.models.unet import HEAD_PREFIX, unet

__all__ = [
    "DeepSupervisionModel",
    "FACTORIES",
    "HEAD_PREFIX",
    "build",
    "default_head_weights",
    "thin_labels",
    "unet",
]
