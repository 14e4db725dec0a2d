import os

import pytest

from kseg.engine import LocalEngine, memory
from kseg.errors import KsegError
from tests.engine import calls


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="only POSIX tells its memory")
def test_the_smallest_limit_holds(tmp_path, monkeypatch):
    cgroup = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_CGROUP_LIMITS", (tmp_path / "none", cgroup))
    cgroup.write_text("max\n")
    machine = memory.memory_limit_bytes()
    assert machine == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    cgroup.write_text("1048576\n")
    assert memory.memory_limit_bytes() == 1048576


@pytest.mark.parametrize(
    ("threads", "jobs", "expected"),
    [(2, 4, 2000), (2, 3, 2000), (1, 16, 500), (1, 8, 1000), (8, 1, 8000), (4, 1, 4000)],
)
def test_a_job_has_its_share_of_the_memory_and_all_together_no_more_than_there_is(
    monkeypatch, threads, jobs, expected
):
    monkeypatch.setattr(memory, "memory_limit_bytes", lambda: 8000)
    monkeypatch.setattr(memory, "machine_cpus", lambda: 8)
    monkeypatch.setattr(memory, "usable_cpus", lambda: threads)
    monkeypatch.setenv("KSEG_JOBS", str(jobs))
    assert memory.usable_memory_bytes() == expected


def test_how_many_jobs_there_are_must_be_a_number(monkeypatch):
    monkeypatch.setenv("KSEG_JOBS", "many")
    with pytest.raises(KsegError, match="KSEG_JOBS must be a whole number"):
        memory.usable_memory_bytes()


def test_a_job_is_told_how_many_run_at_a_time():
    with LocalEngine(workers=3) as engine:
        assert engine.submit(calls.variables, "KSEG_JOBS").result() == ["3"]
