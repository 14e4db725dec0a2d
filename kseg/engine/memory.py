"""How much memory this process may use."""

from pathlib import Path

CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
MEMORY_INFO = Path("/proc/meminfo")


def usable_memory_bytes(
    limit_file: Path = CGROUP_LIMIT, info_file: Path = MEMORY_INFO
) -> int | None:
    """Return how much memory there is for this process, containers' limits included.

    Args:
        limit_file: path of the control group's `memory.max`, which holds bytes, or "max".
        info_file: path of the kernel's description of the memory.

    Returns:
        int, bytes, of all memory and not of what is free now; None where the system does not say.

    Example:
        >>> usable_memory_bytes(Path("/nowhere"), Path("/nowhere")) is None
        True
    """
    found = []
    try:
        found.append(int(limit_file.read_text()))
    except (OSError, ValueError):
        # No control group, or "max": no limit beyond the machine's.
        pass
    try:
        lines = info_file.read_text().splitlines()
        found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemTotal:")]
    except (OSError, ValueError, IndexError):
        pass
    return min(found, default=None)
