"""Learning rates over steps: constant, exponential, polynomial and cosine, each with a warm-up."""

import math

import keras
from keras import ops

from kseg.schedules.warmup import (
    TimedWarmupSchedule,
    WarmupSchedule,
    positive_number,
    whole_number,
)


@keras.saving.register_keras_serializable("kseg")
class WarmupConstant(WarmupSchedule):
    r"""The same rate from the end of the warm-up on: decay(t) = 1.

    Args:
        learning_rate: float, the rate.
        warmup_steps: int, steps of the linear warm-up; 0 for none.

    Raises:
        ValueError: if the rate is not positive or the steps are negative.

    Example:
        >>> schedule = WarmupConstant(0.1, warmup_steps=4)
        >>> [round(float(schedule(t)), 4) for t in (0, 1, 3, 4, 1000)]
        [0.025, 0.05, 0.1, 0.1, 0.1]
    """

    def decay(self, step):
        """Return 1.

        Args:
            step: float32 scalar tensor.

        Returns:
            float32 scalar tensor.
        """
        return ops.ones_like(step)


@keras.saving.register_keras_serializable("kseg")
class WarmupExponential(WarmupSchedule):
    r"""Multiply the rate by `decay_rate` every `decay_steps` steps, smoothly or in stairs.

    .. math:: \mathrm{decay}(t) = \mathrm{decay\_rate}^{t / \mathrm{decay\_steps}}

    with the quotient cut to a whole number when `staircase` is true.

    Args:
        learning_rate: float, the rate at step 0 (at the end of a warm-up: see `WarmupSchedule`).
        decay_steps: int, steps over which the rate falls by the factor `decay_rate`.
        decay_rate: float, above 0 and at most 1.
        staircase: bool, whether the rate falls in stairs.
        warmup_steps: int, steps of the linear warm-up; 0 for none.

    Raises:
        ValueError: if an argument is not as above.

    Example:
        >>> schedule = WarmupExponential(1.0, decay_steps=10, decay_rate=0.5, staircase=True)
        >>> [float(schedule(t)) for t in (0, 9, 10, 25)]
        [1.0, 1.0, 0.5, 0.25]
        >>> smooth = WarmupExponential(1.0, decay_steps=10, decay_rate=0.5)
        >>> [round(float(smooth(t)), 4) for t in (0, 5, 10)]
        [1.0, 0.7071, 0.5]
    """

    def __init__(
        self,
        learning_rate: float,
        *,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        warmup_steps: int = 0,
    ):
        super().__init__(learning_rate, warmup_steps=warmup_steps)
        self.decay_steps = whole_number("decay_steps", decay_steps, smallest=1)
        self.decay_rate = positive_number("decay_rate", decay_rate)
        if self.decay_rate > 1:
            raise ValueError(f"`decay_rate` must be at most 1. Received: decay_rate={decay_rate}")
        self.staircase = bool(staircase)

    def decay(self, step):
        """Return the factor of a step.

        Args:
            step: float32 scalar tensor.

        Returns:
            float32 scalar tensor.
        """
        exponent = step / self.decay_steps
        if self.staircase:
            exponent = ops.floor(exponent)
        return ops.power(self.decay_rate, exponent)

    def get_config(self) -> dict:
        """Return the arguments that make an equal schedule.

        Returns:
            Dict of plain values.
        """
        return {
            **super().get_config(),
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
        }


@keras.saving.register_keras_serializable("kseg")
class WarmupPolynomial(TimedWarmupSchedule):
    r"""Let the rate fall to nothing along a power of what is left of the training.

    .. math:: \mathrm{decay}(t) = (1 - t / \mathrm{total\_steps})^{\mathrm{power}}

    Args:
        learning_rate: float, the rate at step 0 (at the end of a warm-up: see `WarmupSchedule`).
        total_steps: int, updates of the whole training; `set_total_steps` changes it later.
        power: float, the power; nnU-Net's is 0.9.
        warmup_steps: int, steps of the linear warm-up; 0 for none.

    Raises:
        ValueError: if an argument is not positive.

    Example:
        >>> schedule = WarmupPolynomial(0.01, total_steps=100)
        >>> [round(float(schedule(t)), 6) for t in (0, 50, 99)]
        [0.01, 0.005359, 0.000158]
        >>> schedule.set_total_steps(200)
        >>> round(float(schedule(100)), 6)
        0.005359

    Reference:
        Isensee et al., nnU-Net, Nature Methods 2021, arXiv:1904.08128.
    """

    def __init__(
        self,
        learning_rate: float,
        *,
        total_steps: int,
        power: float = 0.9,
        warmup_steps: int = 0,
    ):
        super().__init__(learning_rate, total_steps=total_steps, warmup_steps=warmup_steps)
        self.power = positive_number("power", power)

    def shape(self, done):
        """Return the factor for a share of the training.

        Args:
            done: float32 scalar tensor, 0 to 1.

        Returns:
            float32 scalar tensor, 0 to 1.
        """
        return ops.power(1.0 - done, self.power)

    def get_config(self) -> dict:
        """Return the arguments that make an equal schedule.

        Returns:
            Dict of plain values.
        """
        return {**super().get_config(), "power": self.power}


@keras.saving.register_keras_serializable("kseg")
class WarmupCosine(TimedWarmupSchedule):
    r"""Let the rate fall to nothing along half a cosine.

    .. math:: \mathrm{decay}(t) = \tfrac{1}{2} (1 + \cos(\pi t / \mathrm{total\_steps}))

    Args:
        learning_rate: float, the rate at step 0 (at the end of a warm-up: see `WarmupSchedule`).
        total_steps: int, updates of the whole training; `set_total_steps` changes it later.
        warmup_steps: int, steps of the linear warm-up; 0 for none.

    Raises:
        ValueError: if an argument is not positive.

    Example:
        >>> schedule = WarmupCosine(0.01, total_steps=100, warmup_steps=10)
        >>> [round(float(schedule(t)), 6) for t in (0, 50, 100)]
        [0.001, 0.005, 0.0]

    Reference:
        Loshchilov and Hutter, SGDR, ICLR 2017, arXiv:1608.03983 (one period, no restart).
    """

    def shape(self, done):
        """Return the factor for a share of the training.

        Args:
            done: float32 scalar tensor, 0 to 1.

        Returns:
            float32 scalar tensor, 0 to 1.
        """
        return 0.5 * (1.0 + ops.cos(math.pi * done))
