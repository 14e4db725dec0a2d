"""Learning-rate schedules in steps, each with a linear warm-up."""

from kseg.schedules.build import build
from kseg.schedules.decay import (
    WarmupConstant,
    WarmupCosine,
    WarmupExponential,
    WarmupPolynomial,
)
from kseg.schedules.warmup import TimedWarmupSchedule, WarmupSchedule

__all__ = [
    "TimedWarmupSchedule",
    "WarmupConstant",
    "WarmupCosine",
    "WarmupExponential",
    "WarmupPolynomial",
    "WarmupSchedule",
    "build",
]
