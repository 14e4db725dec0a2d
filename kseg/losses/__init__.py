"""Losses over voxels: logits and whole-number labels in, one float32 value per case out."""

from kseg.losses.build import build
from kseg.losses.class_weights import measured_class_weights
from kseg.losses.combined import CombinedLoss
from kseg.losses.cross_entropy import WeightedCrossEntropy
from kseg.losses.dice import SoftDice
from kseg.losses.focal import FocalCrossEntropy
from kseg.losses.region_cross_entropy import RegionCrossEntropy
from kseg.losses.top_k import TopKCrossEntropy
from kseg.losses.tversky import Tversky

__all__ = [
    "CombinedLoss",
    "FocalCrossEntropy",
    "RegionCrossEntropy",
    "SoftDice",
    "TopKCrossEntropy",
    "Tversky",
    "WeightedCrossEntropy",
    "build",
    "measured_class_weights",
]
