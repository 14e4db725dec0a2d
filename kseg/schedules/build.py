"""The schedule of a recipe, from plain arguments."""

from kseg.schedules.decay import (
    WarmupConstant,
    WarmupCosine,
    WarmupExponential,
    WarmupPolynomial,
)
from kseg.schedules.warmup import WarmupSchedule, positive_number, whole_number

_NAMES = ("constant", "cosine", "exponential", "poly")


def build(
    name: str,
    *,
    learning_rate: float,
    steps_per_epoch: int,
    total_steps: int,
    decay_rate: float = 0.9,
    decay_every_epochs: float = 5,
    staircase: bool = True,
    power: float = 0.9,
    warmup_steps: int = 0,
) -> WarmupSchedule:
    """Make the schedule that a recipe names; arguments that it does not read are left aside.

    Args:
        name: `"constant"`, `"cosine"`, `"exponential"` or `"poly"`.
        learning_rate: rate at the height of the schedule.
        steps_per_epoch: updates in one epoch.
        total_steps: updates of the whole training. With a budget, where it is not known yet, any
            guess does: `set_total_steps` puts it right after the rehearsal.
        decay_rate: factor of `"exponential"`.
        decay_every_epochs: epochs after which `"exponential"` has fallen by that factor.
        staircase: whether `"exponential"` falls in stairs.
        power: power of `"poly"`.
        warmup_steps: updates of the linear warm-up.

    Returns:
        The schedule, to be handed to an optimizer as its `learning_rate`.

    Raises:
        ValueError: if the name is unknown or an argument is refused by the schedule.

    Example:
        >>> schedule = build("poly", learning_rate=0.01, steps_per_epoch=250, total_steps=1000)
        >>> round(float(schedule(500)), 6)
        0.005359
    """
    if name == "constant":
        return WarmupConstant(learning_rate, warmup_steps=warmup_steps)
    if name == "cosine":
        return WarmupCosine(learning_rate, total_steps=total_steps, warmup_steps=warmup_steps)
    if name == "poly":
        return WarmupPolynomial(
            learning_rate, total_steps=total_steps, power=power, warmup_steps=warmup_steps
        )
    if name == "exponential":
        steps = whole_number("steps_per_epoch", steps_per_epoch, smallest=1)
        epochs = positive_number("decay_every_epochs", decay_every_epochs)
        return WarmupExponential(
            learning_rate,
            decay_steps=max(1, round(epochs * steps)),
            decay_rate=decay_rate,
            staircase=staircase,
            warmup_steps=warmup_steps,
        )
    raise ValueError(f"`name` must be one of {', '.join(_NAMES)}. Received: name={name}")
