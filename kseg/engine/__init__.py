"""Jobs and the machine they run on, without any network library."""

from kseg.engine.cpus import cpu_has_bfloat16, cpu_name, usable_cpus

__all__ = ["cpu_has_bfloat16", "cpu_name", "usable_cpus"]
