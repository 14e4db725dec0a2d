"""How many steps a training takes: fixed at its start, kept to the clock, changed when it goes on.

Schedules that run from the first step to the last follow the number of steps: when it changes, the
learning rate is, from the next step on, that of a training of the new length.
"""

from kseg.errors import RecipeError
from kseg.fit.budget import RESERVE_SHARE, BudgetPlan, Pace, plan_budget, seconds_to_train
from kseg.fit.job import Job
from kseg.fit.rehearsal import measure_step_seconds
from kseg.fit.state import FitState
from kseg.words import counted

# A rehearsal may take this share of a budget, and never more than so many seconds.
REHEARSAL_SHARE, REHEARSAL_SECONDS = 0.03, 15.0
# Timings scatter; the number of steps is changed only if it is off by more than this share.
TOLERATED_SHARE = 0.03


def plan_length(job: Job, state: FitState) -> None:
    """Fix the number of steps of a training that has not begun.

    Args:
        job: `Job`.
        state: `FitState`; its length is set.

    Raises:
        RecipeError: if the budget is spent before the first step.
    """
    settings = job.settings
    state.validate_every_epochs = settings.validate_every_epochs
    if settings.steps is not None:
        state.total_steps = settings.steps
        return
    plan = _plan_budget(job, state)
    job.log(
        f"the budget is worth {counted(plan.steps, 'step')} of {state.step_seconds:.3f} s, "
        f"validating every {counted(plan.validate_every_epochs, 'epoch')} "
        f"(about {state.validation_seconds:.1f} s each)",
        step_seconds=state.step_seconds,
        validation_seconds=state.validation_seconds,
    )


def change_length(job: Job, state: FitState) -> None:
    """Give a training that goes on the length that is asked for now.

    Args:
        job: `Job`.
        state: `FitState` as it was restored; its length is changed if another one is asked for.

    Raises:
        RecipeError: if less is asked for than is done already.
    """
    settings, before = job.settings, state.total_steps
    if state.stopped_early:
        _tell_stopped_early(job, state)
        return
    if settings.steps is not None:
        if settings.steps < state.step:
            told = counted(state.step, "step is", "steps are")
            raise _too_short(job, f"{told} done, more than", settings.steps)
        state.total_steps, state.budget_seconds = settings.steps, None
    elif settings.budget_seconds != state.budget_seconds:
        if settings.budget_seconds <= state.elapsed_seconds:
            done = f"{state.elapsed_seconds:.0f} s are spent, all of"
            raise _too_short(job, done, f"{settings.budget_seconds:.0f} s")
        _plan_budget(job, state)
    else:
        # Time was lost between the last step of one sitting and the first of the next. A training
        # that is finished has lost none: its length is what it was.
        if state.step_seconds is not None and not state.finished:
            keep_to_budget(job, state)
        return
    if state.total_steps != before:
        _tell_change(job, before, state.total_steps)


def keep_to_budget(job: Job, state: FitState) -> None:
    """Fit the rest of the schedule to the time left, if the machine got slower or faster.

    Args:
        job: `Job`.
        state: `FitState` with the newest `step_seconds`; its length may be changed.
    """
    settings, left = job.settings, state.total_steps - state.step
    if settings.budget_seconds is None or left <= 0:
        return
    plan = plan_budget(
        seconds_to_train(settings.budget_seconds, job.clock.elapsed_seconds()),
        Pace(state.step_seconds, state.validation_seconds),
        steps_per_epoch=settings.steps_per_epoch,
        validate_every_epochs=state.validate_every_epochs,
    )
    # Else validations that turn out slow would take the time that the plan leaves to training.
    state.validate_every_epochs = plan.validate_every_epochs
    if abs(plan.steps - left) > TOLERATED_SHARE * left:
        state.total_steps = state.step + plan.steps
        job.set_total_steps(state.total_steps)
        job.log(
            f"a step takes {state.step_seconds:.3f} s now: "
            f"{counted(state.total_steps, 'step')} in all",
            total_steps=state.total_steps,
            step_seconds=state.step_seconds,
        )


def budget_is_over(job: Job, state: FitState) -> bool:
    """Return whether a budget ends within an epoch, long before the steps that it was worth.

    Args:
        job: `Job`.
        state: `FitState`.

    Returns:
        bool; False without a budget, and at the last step anyway.
    """
    budget = job.settings.budget_seconds
    if budget is None or state.step >= state.total_steps:
        return False
    # Half of the reserve is left for the last checkpoint and the final weights.
    return job.clock.elapsed_seconds() >= budget * (1 - RESERVE_SHARE / 2)


def _plan_budget(job: Job, state: FitState) -> BudgetPlan:
    settings = job.settings
    if state.step_seconds is None:
        # Of what this sitting trains: a trial of a ninth of a training has no time to lose.
        seconds = settings.until_share * settings.budget_seconds
        share = min(REHEARSAL_SHARE * seconds, REHEARSAL_SECONDS)
        state.step_seconds = measure_step_seconds(job.model, job.stream(state.step), share)
    if not state.validation_seconds and job.validate is not None:
        state.validation_seconds = job.validate.estimate_seconds(job.model)
    spent, budget = job.clock.elapsed_seconds(), settings.budget_seconds
    if seconds_to_train(budget, spent) == 0:
        raise RecipeError(
            why=f"reading the data and starting up took {spent:.0f} s, all of the budget of "
            f"{budget:.0f} s",
            file=job.checkpoints.parent,
            fix="run it again: the prepared data are kept; or give a longer --budget",
            code="KS-G15",
        )
    plan = plan_budget(
        seconds_to_train(budget, spent),
        Pace(state.step_seconds, state.validation_seconds),
        steps_per_epoch=settings.steps_per_epoch,
        validate_every_epochs=settings.validate_every_epochs,
    )
    state.total_steps, state.budget_seconds = state.step + plan.steps, budget
    state.validate_every_epochs = plan.validate_every_epochs
    return plan


def _tell_stopped_early(job: Job, state: FitState) -> None:
    steps, seconds = job.settings.steps, job.settings.budget_seconds
    if steps in (None, state.total_steps) and seconds in (None, state.budget_seconds):
        return
    job.log(
        f"the training stopped early after step {state.step}, so that another length changes "
        "nothing; only a larger fit.patience_epochs, with --accept-changes, goes on with it"
    )


def _tell_change(job: Job, before: int, after: int) -> None:
    rates = []
    for steps in (before, after):
        job.set_total_steps(steps)
        rates.append(float(job.model.optimizer.learning_rate))
    job.log(
        f"the training is now {counted(after, 'step')} long instead of {before}; from here on "
        "its learning rate is that of a training of this length: "
        f"{rates[0]:.3g} becomes {rates[1]:.3g}",
        total_steps=after,
    )


def _too_short(job: Job, done: str, received: object) -> RecipeError:
    return RecipeError(
        why=f"a training that goes on cannot be shorter than what is done: {done} the {received} "
        "asked for now",
        file=job.checkpoints.parent,
        fix="ask for as much as before, or for more; or give another folder with --out",
        code="KS-G16",
    )
