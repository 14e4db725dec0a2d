import os
import subprocess
import sys

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
