"""What the processors of this machine can do for this process."""

import os
from pathlib import Path

from kseg.errors import KsegError

CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")
CPU_INFO = Path("/proc/cpuinfo")
# Holds how many threads a job may compute with where several share the machine.
THREADS_VARIABLE = "KSEG_THREADS"


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
    return min(cpus, _share() or cpus)


def _share() -> int | None:
    text = os.environ.get(THREADS_VARIABLE, "").strip()
    if not text:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise KsegError(
            why=f"the environment variable {THREADS_VARIABLE} must be a whole number of at least "
            f"1. Received: {text!r}",
            fix=f"unset {THREADS_VARIABLE}, or set it to how many threads kseg may compute with",
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
