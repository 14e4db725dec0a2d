"""Metrics per case for `model.fit`: means over cases, never over pooled voxels."""

from kseg.metrics.dice import CaseDice

__all__ = ["CaseDice"]
