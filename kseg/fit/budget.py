"""How many steps fit into a given time."""

from dataclasses import dataclass

# Left free at the end of a budget: for the last checkpoint, the final weights, and slower steps.
RESERVE_SHARE = 0.02
# Validation informs, training learns: it may take this share of the time at most.
VALIDATION_SHARE = 0.15


@dataclass(frozen=True)
class Pace:
    """What a short rehearsal measured.

    Args:
        step_seconds: float, seconds of one training step.
        validation_seconds: float, seconds of one validation on whole cases; 0 without any.
    """

    step_seconds: float
    validation_seconds: float


@dataclass(frozen=True)
class BudgetPlan:
    """The steps that a time budget is worth.

    Args:
        steps: int, training steps in all.
        validate_every_epochs: int, as asked for, or more where validation would eat the time.
    """

    steps: int
    validate_every_epochs: int


def seconds_to_train(budget_seconds: float, elapsed_seconds: float) -> float:
    """Return the time that training may still take, the reserve for the end set aside.

    Args:
        budget_seconds: float, the whole budget.
        elapsed_seconds: float, what is spent of it.

    Returns:
        Seconds, 0 or more.

    Example:
        >>> seconds_to_train(100.0, 40.0)
        58.0
    """
    return max(0.0, budget_seconds * (1 - RESERVE_SHARE) - elapsed_seconds)


def plan_budget(
    seconds_left: float, pace: Pace, *, steps_per_epoch: int, validate_every_epochs: int
) -> BudgetPlan:
    """Turn the time that is left into a number of steps.

    Args:
        seconds_left: float, seconds that training and its validations may take.
        pace: `Pace`, as measured.
        steps_per_epoch: int, steps of an epoch.
        validate_every_epochs: int, epochs between validations that the recipe asks for.

    Returns:
        `BudgetPlan` with at least one step. Validations come as often as asked for unless they
        would take more than 15 % of the time.

    Example:
        >>> plan_budget(100.0, Pace(0.5, 0.0), steps_per_epoch=10, validate_every_epochs=5)
        BudgetPlan(steps=200, validate_every_epochs=5)
    """
    epoch_seconds = steps_per_epoch * pace.step_seconds
    every = validate_every_epochs
    if pace.validation_seconds:
        affordable = pace.validation_seconds * (1 - VALIDATION_SHARE) / VALIDATION_SHARE
        every = max(every, -int(-affordable // epoch_seconds))
    cost = epoch_seconds + pace.validation_seconds / every
    return BudgetPlan(max(1, int(seconds_left / cost * steps_per_epoch)), every)
