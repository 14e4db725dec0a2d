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
