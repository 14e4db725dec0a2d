import os

import pytest

from kseg.engine import memory


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="only POSIX tells its memory")
def test_the_smallest_limit_holds(tmp_path, monkeypatch):
    cgroup = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_CGROUP_LIMITS", (tmp_path / "none", cgroup))
    cgroup.write_text("max\n")
    machine = memory.memory_limit_bytes()
    assert machine == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    cgroup.write_text("1048576\n")
    assert memory.memory_limit_bytes() == 1048576
