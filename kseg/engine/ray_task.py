"""What runs in a worker process of Ray: it starts the process of a job, and waits for it."""

import contextlib
import os
import signal
from concurrent.futures import CancelledError

from kseg.engine.engine import JobTimedOutError
from kseg.engine.job import Job
from kseg.engine.job_process import JobProcess
from kseg.engine.local import WorkerDiedError


def run_job(
    job: Job, environment: dict[str, str | None]
) -> bytes | WorkerDiedError | JobTimedOutError:
    """Run a job in a process of its own, which ends with this one.

    Args:
        job: `Job`.
        environment: dict of environment variables to change; None takes one away.

    Returns:
        bytes, the answer of the job, or what became of it. An error that was raised would come to
        the driver as one of Ray's.

    Example:
        >>> from kseg.engine.job import make_job, open_answer
        >>> open_answer(run_job(make_job(divmod, (7, 2)), {}))
        (3, 1)
    """
    # Ray takes a job back as if by Ctrl-C. A cluster that was started in the background of a script
    # ignores that, and so would its workers.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # What Ray tells its workers, secrets among it, is not the job's business.
    of_ray = {name: None for name in os.environ if name.startswith("RAY_")}
    process = JobProcess(job, of_ray | environment)
    try:
        return process.wait()
    except (WorkerDiedError, JobTimedOutError) as error:
        return error
    except BaseException:
        # Ray raises KeyboardInterrupt here when the driver takes the job back.
        process.stop()
        with contextlib.suppress(WorkerDiedError, JobTimedOutError, CancelledError):
            process.wait()
        raise
