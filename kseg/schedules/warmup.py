"""What all schedules share: a warm-up, and a number of steps that can be set late."""

import math

import keras
from keras import ops


class WarmupSchedule(keras.optimizers.schedules.LearningRateSchedule):
    r"""Base of the schedules: a linear warm-up times a decay.

    .. math:: \mathrm{rate}(t) = \mathrm{learning\_rate} \cdot
        \min\!\left(1, \frac{t + 1}{\mathrm{warmup\_steps}}\right) \cdot \mathrm{decay}(t)

    The decay counts from the first step, warm-up or not, so that a warm-up never shifts it. Step 0
    already has a positive rate. A subclass gives `decay(step)`.

    Args:
        learning_rate: float, the rate at the height of the schedule.
        warmup_steps: int, steps of the warm-up; 0 for none.

    Raises:
        ValueError: if the rate is not positive or the steps are negative.
    """

    def __init__(self, learning_rate: float, *, warmup_steps: int = 0):
        super().__init__()
        self.learning_rate = positive_number("learning_rate", learning_rate)
        self.warmup_steps = whole_number("warmup_steps", warmup_steps, smallest=0)

    def __call__(self, step):
        """Return the learning rate of a step.

        Args:
            step: number of updates made so far, as number, tensor or variable.

        Returns:
            float32 scalar tensor.
        """
        step = ops.cast(step, "float32")
        rate = self.learning_rate * self.decay(step)
        if self.warmup_steps:
            rate = rate * ops.minimum((step + 1.0) / self.warmup_steps, 1.0)
        return rate

    def decay(self, step):
        """Return the factor of a step, between 0 and 1.

        Args:
            step: float32 scalar tensor.

        Returns:
            float32 scalar tensor.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `decay(step)`.")

    @property
    def total_steps(self) -> int | None:
        """Length of the schedule in steps; `None` where the schedule does not depend on it."""
        return None

    def set_total_steps(self, total_steps: int) -> None:
        """Set the length of the training; schedules that do not depend on it stay as they are.

        Args:
            total_steps: int, updates of the whole training.

        Raises:
            ValueError: if it is not a positive int.
        """
        whole_number("total_steps", total_steps, smallest=1)

    def get_config(self) -> dict:
        """Return the arguments that make an equal schedule.

        Returns:
            Dict of plain values.
        """
        return {"learning_rate": self.learning_rate, "warmup_steps": self.warmup_steps}


class TimedWarmupSchedule(WarmupSchedule):
    """Base of the schedules that run from the first to the last step of a training.

    The number of steps is held in a variable that compiled functions read: `set_total_steps` takes
    effect at the next step of a training function that was traced before, without tracing again.
    (JAX copies the variable into what it compiles: set it before the first step there.)

    From `total_steps` on the factor stays at a floor of 1e-6, which is as good as none but keeps
    the rate positive.

    Args:
        learning_rate: float, the rate at the height of the schedule.
        total_steps: int, updates of the whole training.
        warmup_steps: int, steps of the warm-up; 0 for none.

    Raises:
        ValueError: if the rate or the steps are not positive.
    """

    floor = 1e-6

    def __init__(self, learning_rate: float, *, total_steps: int, warmup_steps: int = 0):
        super().__init__(learning_rate, warmup_steps=warmup_steps)
        # float32 whatever the global policy: bfloat16 could not even count to 300. Up to 2 ** 24
        # steps are exact.
        self._total_steps = keras.Variable(
            whole_number("total_steps", total_steps, smallest=1),
            dtype="float32",
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            name="total_steps",
        )

    def decay(self, step):
        """Return the factor of a step, between the floor and 1.

        Args:
            step: float32 scalar tensor.

        Returns:
            float32 scalar tensor.
        """
        done = ops.clip(step / ops.convert_to_tensor(self._total_steps), 0.0, 1.0)
        return ops.maximum(self.shape(done), self.floor)

    def shape(self, done):
        """Return the factor for a share of the training.

        Args:
            done: float32 scalar tensor, share of the steps that are done, 0 to 1.

        Returns:
            float32 scalar tensor, 0 to 1.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `shape(done)`.")

    @property
    def total_steps(self) -> int:
        """Length of the schedule in steps, as set last."""
        return int(ops.convert_to_numpy(self._total_steps))

    def set_total_steps(self, total_steps: int) -> None:
        """Set the length of the training, also of one that is under way.

        Args:
            total_steps: int, updates of the whole training.

        Raises:
            ValueError: if it is not a positive int.
        """
        self._total_steps.assign(whole_number("total_steps", total_steps, smallest=1))

    def get_config(self) -> dict:
        """Return the arguments that make an equal schedule, with the number of steps set last.

        Returns:
            Dict of plain values.
        """
        return {**super().get_config(), "total_steps": self.total_steps}


def whole_number(name: str, value: int, *, smallest: int) -> int:
    """Return `value` if it is an int of `smallest` or more.

    Args:
        name: name of the argument, for the message.
        value: what was given.
        smallest: smallest int that is allowed.

    Returns:
        The value as an int.

    Raises:
        ValueError: if it is anything else.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < smallest:
        raise ValueError(f"`{name}` must be an int of {smallest} or more. Received: {name}={value}")
    return int(value)


def positive_number(name: str, value: float) -> float:
    """Return `value` as a float if it is positive and finite.

    Args:
        name: name of the argument, for the message.
        value: what was given.

    Returns:
        The value as a float.

    Raises:
        ValueError: if it is anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"`{name}` must be a positive number. Received: {name}={value}")
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"`{name}` must be a positive number. Received: {name}={value}")
    return float(value)
