"""Ten processes that are really killed, each at another step of a whole run."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.audit import assert_nothing_is_left_over, outcome
from tests.faults.whole_run import write_inputs

ROOT = Path(__file__).parents[2]
POINTS = 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_G01_a_killed_process_costs_no_bit(tmp_path):
    recipe = write_inputs(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed", str(recipe), str(tmp_path), str(POINTS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout.splitlines()[-1])
    undisturbed, *killed = report["ends"]
    assert undisturbed == [0, 0, 0] and report["steps"] > 150, done.stderr[-3000:]
    assert len({kill_at for kill_at, _, _ in killed}) == POINTS
    expected = outcome(tmp_path / "undisturbed" / "run")
    for kill_at, first, second in killed:
        assert (first, second) == (-signal.SIGKILL, 0), f"killed at step {kill_at}"
        assert_nothing_is_left_over(tmp_path / str(kill_at))
        assert outcome(tmp_path / str(kill_at) / "run") == expected, f"killed at step {kill_at}"
