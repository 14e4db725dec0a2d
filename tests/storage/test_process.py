import os
import subprocess
import sys
from pathlib import Path

import pytest

from kseg.storage import process

linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="start times come from /proc"
)


def test_this_process_and_its_parent_are_not_gone():
    me = process.this_process()
    assert not process.is_gone(me.pid, me.started)
    assert not process.is_gone(os.getppid(), "")


def test_a_process_that_ended_is_gone_whether_or_not_its_parent_knows():
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert process.is_gone(child.pid, "")  # a zombie
    child.wait()
    assert process.is_gone(child.pid, "")


@linux_only
def test_a_later_process_with_the_same_pid_is_another_one():
    assert process.is_gone(os.getpid(), "1")


@linux_only
def test_a_container_of_the_same_host_name_or_a_restart_makes_another_machine_of_it():
    me = process.this_process()
    assert process.is_of_this_machine(me.host, me.space)
    assert not process.is_of_this_machine(me.host, "")
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert me.space.startswith(boot) and "pid:[" in me.space


@pytest.mark.parametrize(
    ("before", "restarted"),
    [
        ("boot1 machine1 pid:[4026531836]", True),
        ("boot2 machine1 pid:[4026531836]", False),
        ("boot1 machine2 pid:[4026531836]", False),
        ("boot1 machine1 pid:[7]", False),
        ("", False),
    ],
)
def test_only_the_machine_itself_knows_that_it_was_started_anew(monkeypatch, before, restarted):
    monkeypatch.setattr(process, "pid_space", lambda: "boot2 machine1 pid:[4026531836]")
    assert process.has_restarted(process.host_name(), before) is restarted
    assert not process.has_restarted("elsewhere", before)


def test_in_a_container_nobody_knows_of_a_restart(monkeypatch):
    monkeypatch.setattr(process, "pid_space", lambda: "boot2 machine1 pid:[7]")
    assert not process.has_restarted(process.host_name(), "boot1 machine1 pid:[7]")
