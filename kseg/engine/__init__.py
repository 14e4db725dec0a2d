"""Jobs and the machine they run on, without any network library."""

from kseg.engine.cpus import cpu_has_bfloat16, cpu_name, machine_cpus, usable_cpus
from kseg.engine.engine import Engine, JobTimedOutError, open_engine
from kseg.engine.gpus import hide_gpus, visible_gpus
from kseg.engine.jobs import LocalEngine
from kseg.engine.local import WorkerDiedError, Workers
from kseg.engine.memory import memory_limit_bytes, usable_memory_bytes

__all__ = [
    "Engine",
    "JobTimedOutError",
    "LocalEngine",
    "WorkerDiedError",
    "Workers",
    "cpu_has_bfloat16",
    "cpu_name",
    "hide_gpus",
    "machine_cpus",
    "memory_limit_bytes",
    "open_engine",
    "usable_cpus",
    "usable_memory_bytes",
    "visible_gpus",
]
