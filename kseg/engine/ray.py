"""Jobs on a Ray cluster."""

import os
import threading
from concurrent.futures import CancelledError
from signal import SIGKILL
from types import ModuleType
from typing import Any

from kseg.engine.cluster import connect, processors_each
from kseg.engine.cpus import THREADS_VARIABLE
from kseg.engine.job import Job
from kseg.engine.local import WorkerDiedError
from kseg.engine.ray_task import run_job
from kseg.engine.slots import Slots

# How long a worker of Ray may take to end its job before it is ended itself.
FORCE_SECONDS = 10.0
# What of this process' environment changes a result, and so goes with the job to its machine.
_PREFIXES = ("KERAS_", "KSEG_", "TF_")
# Those that Ray, or this file, sets for a worker, and that are not the job's business.
_NOT_OF_RAY = ("OMP_NUM_THREADS", "PYTHONPATH")


class RayTask:
    """A job that was handed to Ray.

    Args:
        ray: Ray's module.
        reference: Ray's name for the outcome.
    """

    def __init__(self, ray: ModuleType, reference: Any):
        self._ray = ray
        self._reference = reference
        self._is_stopped = self._is_over = False

    def wait(self) -> bytes:
        """Wait until the job is done and its process gone.

        Returns:
            bytes, the answer for `open_answer`.

        Raises:
            JobTimedOutError: if it took longer than it may.
            WorkerDiedError: if its process ended before it could answer, or its machine was lost
                once more often than Ray may try again.
            CancelledError: if it was stopped.
        """
        errors = self._ray.exceptions
        try:
            outcome = self._get()
        except errors.TaskCancelledError as error:
            raise CancelledError from error
        except errors.RayTaskError as error:
            # It could not be started there.
            raise error.cause from None
        except errors.RayError as error:
            if self._is_stopped:
                raise CancelledError from error
            died = WorkerDiedError(-SIGKILL)
            died.add_note(f"Ray says: {error}")
            raise died from error
        if isinstance(outcome, bytes):
            return outcome
        raise outcome

    def _get(self) -> Any:
        try:
            return self._ray.get(self._reference)
        finally:
            self._is_over = True

    def stop(self) -> None:
        """End the job at once, whatever it is doing; called from another thread."""
        self._is_stopped = True
        self._ray.cancel(self._reference)
        # By then the worker hears nothing any more. Its end is the end of the job, too.
        force = threading.Timer(FORCE_SECONDS, self._force)
        force.daemon = True
        force.start()

    def _force(self) -> None:
        if not self._is_over:
            self._ray.cancel(self._reference, force=True)


class RayEngine(Slots):
    """Runs jobs in processes of the machines of a Ray cluster: an `Engine`.

    Each job is a process that a worker of Ray starts, and ends with that worker. It holds its share
    of the processors and, in a cluster with GPUs, one of them. A job whose worker or machine is
    lost is begun again somewhere else; one that dies by itself is not.

    Folders, modules and data must be found at the same paths on all machines.

    Args:
        workers: int, how many jobs run at a time.
        address: str, where the cluster is, or None for what `RAY_ADDRESS` says, or else for a new
            one on this machine alone.
        max_retries: int, how often a job is begun again whose worker or machine was lost.

    Raises:
        KsegError: if `workers` is less than 1, or Ray is not installed or not reached.
    """

    def __init__(self, workers: int, address: str | None = None, max_retries: int = 2):
        super().__init__(workers)
        self._max_retries = max_retries
        self._ray, self._is_ours = connect(workers, address)

    def close(self) -> None:
        """End all jobs at once, wait until they are gone, and leave the cluster."""
        super().close()
        if self._is_ours:
            self._is_ours = False
            self._ray.shutdown()

    def _start(self, job: Job, slot: int) -> RayTask:
        # Machines come and go: what there is now counts.
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        threads = processors_each(nodes, self.workers)
        task = self._ray.remote(run_job).options(
            name="kseg job",
            num_cpus=threads,
            num_gpus=int(any(node.get("GPU", 0) >= 1 for node in nodes)),
            max_retries=self._max_retries,
            scheduling_strategy="SPREAD",
            runtime_env={"env_vars": _variables_of_worker(job)},
        )
        environment = _passed_on() | {THREADS_VARIABLE: str(threads)}
        return RayTask(self._ray, task.remote(job, environment))


def _variables_of_worker(job: Job) -> dict[str, str]:
    return {
        # It finds kseg where this process does.
        "PYTHONPATH": os.pathsep.join(job.module_path),
        # A job ends by itself when its worker does, with all that it has started. Ray would kill
        # the job alone, and before it could do so.
        "RAY_kill_child_processes_on_worker_exit": "0",
    }


def _passed_on() -> dict[str, str | None]:
    passed: dict[str, str | None] = {name: os.environ.get(name) for name in _NOT_OF_RAY}
    return passed | {name: os.environ[name] for name in os.environ if name.startswith(_PREFIXES)}
