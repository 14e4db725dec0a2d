import pickle
import signal
import subprocess
import sys
from concurrent.futures import CancelledError, wait
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from kseg.engine import JobTimedOutError, LocalEngine, WorkerDiedError, gpus, jobs
from kseg.engine.job import make_job, open_answer
from kseg.errors import VolumeError
from kseg.storage import FolderLock
from tests.engine import calls

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine():
    with LocalEngine(workers=1) as opened:
        yield opened


def test_each_job_is_a_new_process_and_finds_nothing_of_the_one_before(engine):
    found = [engine.submit(calls.remember, what) for what in "ab"]
    assert [each.result() for each in found] == [["a"], ["b"]]
    calls.seen.clear()
    assert engine.submit(calls.pid).result() != engine.submit(calls.pid).result()
    big = np.arange(100_000)
    np.testing.assert_array_equal(engine.submit(partial(calls.double, big)).result(), big * 2)


def test_an_error_comes_back_as_it_was_raised_and_says_where(engine):
    with pytest.raises(VolumeError) as caught:
        engine.submit(calls.refuse, "a.nii.gz").result()
    assert (caught.value.file, caught.value.code) == ("a.nii.gz", "KS-A03")
    assert "calls.py" in "".join(caught.value.__notes__)
    for function, told in (
        (calls.raise_what_only_this_process_knows, "no other process knows this class"),
        (calls.raise_stubbornly, "Stubborn: two things are needed"),
    ):
        with pytest.raises(RuntimeError, match=told):
            engine.submit(function).result()
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        engine.submit(calls.give_what_cannot_be_sent).result()


def test_a_function_that_the_job_cannot_find_is_an_error_of_the_job(engine, monkeypatch):
    def made_here():
        """Stands for a function of a notebook."""

    made_here.__module__, made_here.__qualname__ = calls.__name__, "made_here"
    monkeypatch.setattr(calls, "made_here", made_here, raising=False)
    with pytest.raises(AttributeError, match="made_here"):
        engine.submit(made_here).result()


def test_G13_crash_kill_hang_and_exit_are_results_and_touch_no_other_job(tmp_path):
    with LocalEngine(workers=2) as engine:
        well = engine.submit(calls.meet, tmp_path, "well", "go")
        crashed = engine.submit(calls.end_by, signal.SIGSEGV, log=tmp_path / "log")
        killed = engine.submit(calls.end_by, signal.SIGKILL)
        hangs = engine.submit(calls.sleep, tmp_path, seconds=1)
        left = engine.submit(calls.raise_base, SystemExit, log=tmp_path / "log")
        after = engine.submit(calls.double, 4)
        with pytest.raises(WorkerDiedError, match="SIGSEGV"):
            crashed.result()
        with pytest.raises(WorkerDiedError) as caught:
            killed.result()
        assert caught.value.is_kill
        with pytest.raises(JobTimedOutError):
            hangs.result()
        with pytest.raises(WorkerDiedError, match="exit code 0"):
            left.result()
        assert after.result() == 8
        (tmp_path / "go").touch()
        assert well.result() == "well"


@pytest.mark.parametrize("workers", [1, 3])
def test_every_job_knows_its_share_of_the_processors(monkeypatch, workers):
    monkeypatch.setattr(jobs, "usable_cpus", lambda: 7)
    with LocalEngine(workers) as engine:
        told = engine.submit(calls.variables, "KSEG_THREADS").result()
    assert told == [{1: "7", 3: "2"}[workers]]
    monkeypatch.setattr(jobs, "usable_cpus", lambda: 1)
    with LocalEngine(workers) as engine:
        assert engine.submit(calls.variables, "KSEG_THREADS").result() == ["1"]


def test_jobs_side_by_side_see_different_gpus(monkeypatch):
    monkeypatch.setattr(gpus, "_hidden", None)
    monkeypatch.setenv(gpus.VARIABLE, "5,7")
    gpus.hide_gpus()
    job = make_job(calls.variables, (gpus.VARIABLE,))
    seen = [LocalEngine(workers=3)._start(job, slot).wait() for slot in range(3)]
    assert [open_answer(answer) for answer in seen] == [["5"], ["7"], ["5"]]


def test_closing_ends_all_jobs_at_once(tmp_path):
    with LocalEngine(workers=1) as engine:
        runs = engine.submit(calls.fork_and_sleep, tmp_path)
        waits = engine.submit(calls.pid)
        calls.wait_for(tmp_path / "fork_and_sleep")
    calls.wait_until_gone(tmp_path / "fork_and_sleep", tmp_path / "forked")
    assert wait([runs, waits], timeout=10).not_done == set()
    for future in (runs, waits):
        with pytest.raises(CancelledError):
            future.result()
    with pytest.raises(RuntimeError, match="closed"):
        engine.submit(calls.pid)
    engine.close()


PARENT = """
import sys, time
from kseg.engine import LocalEngine
from tests.engine import calls

folder, then, *names = sys.argv[1:]
engine = LocalEngine(workers=len(names))
for name in names:
    engine.submit(getattr(calls, name), folder)
if then == "leave":
    for name in names:
        calls.wait_for(calls.Path(folder) / name)
else:
    time.sleep(600)
"""
# Each job, and what it starts itself.
FAMILIES = {
    "sleep": [],
    "compute": [],
    "fork_and_sleep": ["forked"],
    "use_worker": ["worker"],
    "open_engine_inside": ["inner"],
    "hold_lock": [],
}


def parent_of(folder, then, *names):
    return subprocess.Popen([sys.executable, "-c", PARENT, folder, then, *names], cwd=ROOT)


def test_when_the_parent_is_killed_its_jobs_end_and_what_they_held_is_free(tmp_path):
    with parent_of(tmp_path, "stay", *FAMILIES) as parent:
        files = [tmp_path / name for name in [*FAMILIES, *sum(FAMILIES.values(), [])]]
        for file in files:
            calls.wait_for(file)
        parent.send_signal(signal.SIGKILL)
    calls.wait_until_gone(*files)
    with FolderLock(tmp_path / "locked") as lock:
        assert lock.took_over.pid == int((tmp_path / "hold_lock").read_text().split()[0])


def test_jobs_keep_no_program_from_ending_and_end_with_it(tmp_path):
    with parent_of(tmp_path, "leave", "sleep", "compute") as parent:
        assert parent.wait(calls.PATIENCE_SECONDS) == 0
    calls.wait_until_gone(tmp_path / "sleep", tmp_path / "compute")
