"""Jobs and the machine they run on, without any network library."""

from kseg.engine.cpus import THREADS_VARIABLE, cpu_has_bfloat16, cpu_name, usable_cpus
from kseg.engine.engine import Engine, JobTimedOutError, open_engine
from kseg.engine.gpus import hide_gpus, visible_gpus
from kseg.engine.jobs import LocalEngine
from kseg.engine.local import WorkerDiedError, Workers
from kseg.engine.memory import usable_memory_bytes

__all__ = [
    "Engine",
    "JobTimedOutError",
    "LocalEngine",
    "THREADS_VARIABLE",
    "WorkerDiedError",
    "Workers",
    "cpu_has_bfloat16",
    "cpu_name",
    "hide_gpus",
    "open_engine",
    "usable_cpus",
    "usable_memory_bytes",
    "visible_gpus",
]
