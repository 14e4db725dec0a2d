"""The schedule of a recipe, from plain arguments."""

from kseg.schedules.decay import (
    WarmupConstant,
    WarmupCosine,
    WarmupExponential,
    WarmupPolynomial,
)
from kseg.schedules.one_cycle import OneCycle
from kseg.schedules.warmup import WarmupSchedule, positive_number, whole_number

_NAMES = ("constant", "cosine", "exponential", "one_cycle", "poly")


def build(
    name: str,
    *,
    learning_rate: float,
    steps_per_epoch: int,
    total_steps: int,
    decay_rate: float = 0.9,
    decay_every_epochs: float = 5,
    decay_every_steps: int | None = None,
    staircase: bool = True,
    power: float = 0.9,
    rise_share: float = 0.3,
    start_factor: float = 25.0,
    final_factor: float = 1e4,
    curve: str = "cosine",
    warmup_steps: int = 0,
) -> WarmupSchedule:
    """Make the schedule that a recipe names; arguments that it does not read are left aside.

    Args:
        name: `"constant"`, `"cosine"`, `"exponential"`, `"one_cycle"` or `"poly"`.
        learning_rate: rate at the height of the schedule.
        steps_per_epoch: updates in one epoch.
        total_steps: updates of the whole training. With a budget, where it is not known yet, any
            guess does: `set_total_steps` puts it right after the rehearsal.
        decay_rate: factor of `"exponential"`.
        decay_every_epochs: epochs after which `"exponential"` has fallen by that factor.
        decay_every_steps: the same in updates; `None` for what `decay_every_epochs` says.
        staircase: whether `"exponential"` falls in stairs.
        power: power of `"poly"`.
        rise_share: share of the updates in which `"one_cycle"` rises.
        start_factor: by which `"one_cycle"` starts below `learning_rate`.
        final_factor: by which `"one_cycle"` ends below `learning_rate`.
        curve: `"cosine"` or `"linear"`, form of `"one_cycle"`.
        warmup_steps: updates of the linear warm-up; `"one_cycle"` has a rise of its own.

    Returns:
        The schedule, to be handed to an optimizer as its `learning_rate`.

    Raises:
        ValueError: if the name is unknown or an argument is refused by the schedule.

    Example:
        >>> schedule = build("poly", learning_rate=0.01, steps_per_epoch=250, total_steps=1000)
        >>> round(float(schedule(500)), 6)
        0.005359
    """
    timed = {"total_steps": total_steps, "warmup_steps": warmup_steps}
    if name == "constant":
        return WarmupConstant(learning_rate, warmup_steps=warmup_steps)
    if name == "cosine":
        return WarmupCosine(learning_rate, **timed)
    if name == "poly":
        return WarmupPolynomial(learning_rate, power=power, **timed)
    if name == "one_cycle":
        return OneCycle(
            learning_rate,
            total_steps=total_steps,
            rise_share=rise_share,
            start_factor=start_factor,
            final_factor=final_factor,
            curve=curve,
        )
    if name == "exponential":
        return WarmupExponential(
            learning_rate,
            decay_steps=decay_every_steps or _steps_of(decay_every_epochs, steps_per_epoch),
            decay_rate=decay_rate,
            staircase=staircase,
            warmup_steps=warmup_steps,
        )
    raise ValueError(f"`name` must be one of {', '.join(_NAMES)}. Received: name={name}")


def _steps_of(epochs: float, steps_per_epoch: int) -> int:
    steps = whole_number("steps_per_epoch", steps_per_epoch, smallest=1)
    return max(1, round(positive_number("decay_every_epochs", epochs) * steps))
