"""The end of a training whose numbers have stopped being numbers."""

from kseg.errors import KsegError
from kseg.fit.checkpoint import stored_bytes
from kseg.fit.job import Job


class TrainingDivergedError(KsegError):
    """The loss is no longer a number."""

    exit_code = 2


def diverged(job: Job, what: str, step: int) -> TrainingDivergedError:
    """Return the error that names the step and the cases in it.

    Args:
        job: `Job`.
        what: str, what was no number.
        step: int, the step after which that showed.

    Returns:
        `TrainingDivergedError`.
    """
    # A gradient that is no number shows in the loss one step later, so both steps are named.
    steps = [step - 1, step] if step else [step]
    cases = dict.fromkeys(case for one in steps for case in job.cases_of_step(one))
    return TrainingDivergedError(
        why=f"{what} after step {step}; the patches of the last steps came from: "
        + ", ".join(cases),
        file=job.checkpoints.parent,
        fix="look at these cases; lower `optimizer.learning_rate`, or raise "
        "`schedule.warmup_steps`"
        + "; the last checkpoint is from before this step"
        * (stored_bytes(job.checkpoints) > 0),
        code="KS-G05",
    )
