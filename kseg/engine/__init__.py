"""Jobs and the machine they run on, without any network library."""

from kseg.engine.cpus import cpu_has_bfloat16, cpu_name, usable_cpus
from kseg.engine.local import WorkerDiedError, Workers
from kseg.engine.memory import usable_memory_bytes

__all__ = [
    "WorkerDiedError",
    "Workers",
    "cpu_has_bfloat16",
    "cpu_name",
    "usable_cpus",
    "usable_memory_bytes",
]
