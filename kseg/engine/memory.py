"""How much memory this process may ever have."""

import os
from pathlib import Path

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
