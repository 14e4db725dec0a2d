"""Learning-rate schedules in steps, with a linear warm-up."""

from kseg.schedules.build import build
from kseg.schedules.decay import WarmupConstant, WarmupCosine, WarmupExponential, WarmupPolynomial
from kseg.schedules.one_cycle import OneCycle
from kseg.schedules.warmup import TimedWarmupSchedule, WarmupSchedule

__all__ = [
    "OneCycle",
    "TimedWarmupSchedule",
    "WarmupConstant",
    "WarmupCosine",
    "WarmupExponential",
    "WarmupPolynomial",
    "WarmupSchedule",
    "build",
]
