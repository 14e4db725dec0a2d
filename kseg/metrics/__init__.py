"""Metrics for `model.fit` that say over what they are taken: cases, or voxels."""

from kseg.metrics.accuracy import VoxelAccuracy
from kseg.metrics.dice import CaseDice

__all__ = [
    "CaseDice",
    "VoxelAccuracy",
]
