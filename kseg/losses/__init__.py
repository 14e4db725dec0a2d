"""Losses over voxels: logits and whole-number labels in, one float32 value per case out."""

from kseg.losses.build import build
from kseg.losses.combined import CombinedLoss
from kseg.losses.cross_entropy import WeightedCrossEntropy
from kseg.losses.dice import SoftDice

__all__ = ["CombinedLoss", "SoftDice", "WeightedCrossEntropy", "build"]
