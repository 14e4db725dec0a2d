import os

import pytest

from kseg.engine import cpu_has_bfloat16, cpu_name, machine_cpus, usable_cpus
from kseg.errors import KsegError

XEON = """processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Processor
flags\t\t: fpu sse sse2 avx avx2 avx512f {flags} rdpid

processor\t: 1
flags\t\t: fpu
"""


@pytest.fixture
def eight_cpus(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)


@pytest.mark.parametrize(
    ("limit", "cpus"),
    [
        ("200000 100000\n", 2),
        ("350000 100000\n", 3),
        ("50000 100000\n", 1),
        ("6400000 100000\n", 8),
        ("max 100000\n", 8),
        ("", 8),
        ("1 2 3\n", 8),
    ],
)
def test_a_limit_of_the_container_is_honoured(eight_cpus, tmp_path, limit, cpus):
    (tmp_path / "cpu.max").write_text(limit)
    assert usable_cpus(tmp_path / "cpu.max") == cpus


def test_without_a_container_the_affinity_counts(eight_cpus, tmp_path):
    assert usable_cpus(tmp_path / "gone") == 8


def test_where_nothing_tells_the_affinity_all_processors_count(monkeypatch, tmp_path):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert usable_cpus(tmp_path / "gone") == 5
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cpus(tmp_path / "gone") == 1


@pytest.mark.parametrize(("share", "cpus"), [("3", 3), (" 1 ", 1), ("8", 8), ("64", 8), ("", 8)])
def test_a_job_uses_no_more_than_its_share(eight_cpus, monkeypatch, tmp_path, share, cpus):
    monkeypatch.setenv("KSEG_THREADS", share)
    assert usable_cpus(tmp_path / "gone") == cpus
    (tmp_path / "cpu.max").write_text("200000 100000")
    assert usable_cpus(tmp_path / "cpu.max") == min(cpus, 2)


@pytest.mark.parametrize("share", ["0", "-2", "two", "1.5"])
def test_a_share_that_is_no_number_of_threads_is_refused(monkeypatch, share):
    monkeypatch.setenv("KSEG_THREADS", share)
    with pytest.raises(KsegError, match="KSEG_THREADS must be") as caught:
        usable_cpus()
    assert share in caught.value.why


@pytest.mark.parametrize(
    ("flags", "has"),
    [
        ("avx512_bf16", True),
        ("amx_bf16 amx_tile", True),
        ("amx_tile amx_int8", False),
        ("avx512_bf16_like", False),
        ("", False),
    ],
)
def test_bfloat16_is_read_from_the_flags_of_the_processor(tmp_path, flags, has):
    (tmp_path / "cpuinfo").write_text(XEON.format(flags=flags))
    assert cpu_has_bfloat16(tmp_path / "cpuinfo") is has


def test_the_name_of_the_processor_is_read_whole(tmp_path):
    (tmp_path / "cpuinfo").write_text(XEON.format(flags=""))
    assert cpu_name(tmp_path / "cpuinfo") == "Intel(R) Xeon(R) Processor"


def test_a_processor_that_says_nothing_has_neither_bfloat16_nor_name(tmp_path):
    (tmp_path / "cpuinfo").write_text("Features\t: fp asimd\n")
    for file in (tmp_path / "cpuinfo", tmp_path / "gone"):
        assert cpu_has_bfloat16(file) is False
        assert cpu_name(file) == ""


def test_a_share_of_the_processors_does_not_change_how_many_there_are(tmp_path, monkeypatch):
    whole = machine_cpus(tmp_path / "none")
    monkeypatch.setenv("KSEG_THREADS", "1")
    assert usable_cpus(tmp_path / "none") == 1 and machine_cpus(tmp_path / "none") == whole
