"""What the processors of this machine can do for this process."""

import os
from pathlib import Path

CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")
CPU_INFO = Path("/proc/cpuinfo")


def usable_cpus(limit_file: Path = CGROUP_LIMIT) -> int:
    """Return how many processors this process may use, containers' limits included.

    Args:
        limit_file: path of the control group's `cpu.max`, which holds "quota period" in
            microseconds, or "max".

    Returns:
        An int of at least 1. `os.cpu_count()` would count the whole machine, and a job that was
        given 2 of 64 processors would start 64 threads.

    Example:
        >>> usable_cpus() >= 1
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
