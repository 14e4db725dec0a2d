"""Jobs on this machine."""

from kseg.engine.cpus import JOBS_VARIABLE, THREADS_VARIABLE, usable_cpus
from kseg.engine.gpus import gpu_environment, gpus_of_jobs
from kseg.engine.job import Job
from kseg.engine.job_process import JobProcess
from kseg.engine.slots import Slots


class LocalEngine(Slots):
    """Runs jobs in processes of this machine: an `Engine`.

    Processors and memory are shared out evenly. With GPUs each job sees one; where there are more
    jobs at a time than GPUs, some share theirs.

    Args:
        workers: int, how many jobs run at a time.

    Raises:
        KsegError: if `workers` is less than 1.

    Example:
        >>> with LocalEngine(workers=2) as engine:
        ...     jobs = [engine.submit(divmod, number, 4) for number in (7, 8)]
        ...     [job.result() for job in jobs]
        [(1, 3), (2, 0)]
    """

    def __init__(self, workers: int):
        super().__init__(workers)
        self._threads_each = max(1, usable_cpus() // workers)
        self._gpus = gpus_of_jobs()

    def _start(self, job: Job, slot: int) -> JobProcess:
        environment = {THREADS_VARIABLE: str(self._threads_each), JOBS_VARIABLE: str(self.workers)}
        return JobProcess(job, environment | gpu_environment(self._gpus, slot))
