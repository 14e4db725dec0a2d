"""How much memory this process may ever have."""

import os
from pathlib import Path

from kseg.engine.cpus import JOBS_VARIABLE, machine_cpus, number_from_environment, usable_cpus

_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def memory_limit_bytes() -> int | None:
    """Return the machine's or container's memory in bytes, or None where that is unknown.

    Returns:
        int, of all memory and not of what is free now.

    Example:
        >>> memory_limit_bytes() is None or memory_limit_bytes() > 2**20
        True
    """
    limits = []
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for file in _CGROUP_LIMITS:
        try:
            limits.append(int(file.read_text()))
        except (OSError, ValueError):
            continue  # Not Linux, another cgroup version, or the word "max".
    return min(limits, default=None)


def usable_memory_bytes() -> int | None:
    """Return the memory in bytes that this process may use, its share where several share it.

    Returns:
        int, as much of the machine's as it has of the processors, and no more than any other of the
        jobs that an engine runs beside it; or None where that is unknown.

    Raises:
        KsegError: if `KSEG_THREADS` or `KSEG_JOBS` is no whole number of at least 1.
    """
    every = memory_limit_bytes()
    if every is None:
        return None
    by_processors = every * usable_cpus() // machine_cpus()
    # More jobs than processors have one each, which is more than there is.
    jobs = number_from_environment(JOBS_VARIABLE, "how many jobs share the memory") or 1
    return min(by_processors, every // jobs)
