"""What the processors of this machine can do for this process."""

import os
from pathlib import Path

from kseg.errors import KsegError

CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")
CPU_INFO = Path("/proc/cpuinfo")
# Holds how many threads a job may compute with where several share the machine.
THREADS_VARIABLE = "KSEG_THREADS"
# Holds how many jobs run at a time on the machine.
JOBS_VARIABLE = "KSEG_JOBS"


def machine_cpus(limit_file: Path = CGROUP_LIMIT) -> int:
    """Return how many processors there are for kseg, containers' limits included.

    Args:
        limit_file: path of the control group's `cpu.max`, which holds "quota period" in
            microseconds, or "max".

    Returns:
        An int of at least 1. `os.cpu_count()` would count the whole machine, and a job that was
        given 2 of 64 processors would start 64 threads.

    Example:
        >>> machine_cpus() >= usable_cpus() >= 1
        True
    """
    if hasattr(os, "sched_getaffinity"):
        cpus = len(os.sched_getaffinity(0))
    else:
        cpus = os.cpu_count() or 1
    try:
        quota, period = limit_file.read_text().split()
        return max(1, min(cpus, int(quota) // int(period)))
    except (OSError, ValueError):
        # No control group, or "max": no limit beyond the affinity.
        return cpus


def usable_cpus(limit_file: Path = CGROUP_LIMIT) -> int:
    """Return how many processors this process may use, its share where several share them.

    A job that shares the machine with others has its share in the environment variable
    `KSEG_THREADS`, which an engine sets; it may use no more than that.

    Args:
        limit_file: as for `machine_cpus`.

    Returns:
        An int of at least 1.

    Raises:
        KsegError: if `KSEG_THREADS` is set to anything but a whole number of at least 1.

    Example:
        >>> usable_cpus() >= 1
        True
    """
    cpus = machine_cpus(limit_file)
    share = number_from_environment(THREADS_VARIABLE, "how many threads kseg may compute with")
    return min(cpus, share or cpus)


def number_from_environment(variable: str, meaning: str) -> int | None:
    """Return a whole number that an environment variable holds, or None where it is not set.

    Args:
        variable: str, its name.
        meaning: str, what it tells, for the error.

    Returns:
        int of at least 1, or None.

    Raises:
        KsegError: if it holds anything else.
    """
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise KsegError(
            why=f"the environment variable {variable} must be a whole number of at least 1. "
            f"Received: {text!r}",
            fix=f"unset {variable}, or set it to {meaning}",
            code="KS-F09",
        )
    return int(text)


def cpu_has_bfloat16(info_file: Path = CPU_INFO) -> bool:
    """Return whether the processor multiplies bfloat16 numbers itself (AVX512-BF16 or AMX).

    Args:
        info_file: path of the kernel's description of the processors.

    Returns:
        True where it does; False elsewhere and where the kernel does not say.

    Example:
        >>> cpu_has_bfloat16(Path("/nowhere"))
        False
    """
    return bool({"avx512_bf16", "amx_bf16"} & set(_cpu_info(info_file).get("flags", "").split()))


def cpu_name(info_file: Path = CPU_INFO) -> str:
    """Return the processor's model, such as "AMD EPYC 9554"; empty where the kernel says none.

    Args:
        info_file: path of the kernel's description of the processors.

    Returns:
        str.

    Example:
        >>> cpu_name(Path("/nowhere"))
        ''
    """
    return _cpu_info(info_file).get("model name", "")


def _cpu_info(info_file: Path) -> dict[str, str]:
    """Return the facts about the first processor."""
    try:
        first = info_file.read_text().split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}
