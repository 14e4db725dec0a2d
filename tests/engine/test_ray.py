"""Jobs on a real Ray cluster of two workers, on this machine alone."""

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import CancelledError, wait
from pathlib import Path

import pytest

from kseg.engine import JobTimedOutError, WorkerDiedError, open_engine, ray
from kseg.engine.ray import RayEngine, RayTask
from kseg.errors import VolumeError
from tests.engine import calls
from tests.engine.test_jobs import PARENT
from tests.engine.test_slots import starts_and_most_at_a_time

ROOT = Path(__file__).parents[2]


def listening():
    """Return the addresses that processes which were started from this one listen at."""
    addresses = {}
    for version, table in ((socket.AF_INET, "tcp"), (socket.AF_INET6, "tcp6")):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                number = bytes.fromhex(fields[1].partition(":")[0])
                words = [number[at : at + 4][::-1] for at in range(0, len(number), 4)]
                addresses[fields[9]] = socket.inet_ntop(version, b"".join(words))
    found = set()
    for process in descendants(os.getpid()):
        for link in Path(f"/proc/{process}/fd").glob("*"):
            name = os.readlink(link) if link.is_symlink() else ""  # noqa: PTH115
            found.add(addresses.get(name.removeprefix("socket:[").removesuffix("]")))
    return found - {None}


def descendants(parent):
    children = Path(f"/proc/{parent}/task").glob("*/children")
    for child in [int(number) for file in children for number in file.read_text().split()]:
        yield child
        yield from descendants(child)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        patch.setenv("KERAS_BACKEND_OF_A_TEST", "passed on")
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield Path.home()


@pytest.fixture(scope="module")
def engine(home):
    with open_engine("ray", workers=2) as opened:
        yield opened


def test_jobs_run_at_the_same_time_and_give_what_their_functions_return(engine, tmp_path):
    pair = [engine.submit(calls.meet, tmp_path, *names) for names in ("ab", "ba")]
    assert [each.result() for each in pair] == ["a", "b"]
    with pytest.raises(VolumeError, match="cut short") as caught:
        engine.submit(calls.refuse, "a.nii.gz").result()
    assert "calls.py" in "".join(caught.value.__notes__)


def test_a_job_is_a_process_of_its_own_with_its_log_its_folder_and_its_share(engine, tmp_path):
    processes = [engine.submit(calls.pid).result() for _ in range(2)]
    assert len({*processes, os.getpid()}) == 3
    engine.submit(calls.say, "a word", log=tmp_path / "deep" / "log").result()
    assert "a word by write\n" in (tmp_path / "deep" / "log").read_text()
    assert engine.submit(calls.where).result() == str(Path.cwd())
    names = ("KSEG_THREADS", "KERAS_BACKEND_OF_A_TEST", "RAY_AUTH_TOKEN", "OMP_NUM_THREADS")
    threads, passed, token, openmp = engine.submit(calls.variables, *names).result()
    assert (int(threads) >= 1, passed, token) == (True, "passed on", None)
    assert openmp == os.environ.get("OMP_NUM_THREADS")


def test_no_more_jobs_run_at_a_time_than_there_are_workers(engine, tmp_path):
    wait([engine.submit(calls.note_start_and_end, tmp_path / "log", n) for n in range(4)])
    assert starts_and_most_at_a_time(tmp_path / "log")[1] <= 2


def test_G13_crash_kill_exit_and_hang_are_results_and_are_not_tried_again(engine, tmp_path):
    well = engine.submit(calls.meet, tmp_path, "well", "go")
    for function, argument, cause in (
        (calls.end_by, signal.SIGKILL, "signal SIGKILL"),
        (calls.raise_base, SystemExit, "exit code 0"),
    ):
        with pytest.raises(WorkerDiedError, match=cause):
            engine.submit(function, argument, log=tmp_path / "log").result()
    with pytest.raises(JobTimedOutError):
        engine.submit(calls.sleep, tmp_path, seconds=0.5).result()
    (tmp_path / "go").touch()
    assert well.result() == "well"


def test_a_job_whose_worker_of_ray_is_killed_is_tried_again_and_no_other_is_touched(
    engine, tmp_path
):
    well = engine.submit(calls.meet, tmp_path, "well", "go")
    assert engine.submit(calls.lose_worker, tmp_path).result() == 1
    calls.wait_until_gone(tmp_path / "try 0")
    (tmp_path / "go").touch()
    assert well.result() == "well" and len(list(tmp_path.glob("try *"))) == 2


def test_a_job_whose_worker_is_lost_too_often_was_killed(engine, tmp_path):
    # On the cluster of the other engine, which outlasts this one.
    with (
        RayEngine(workers=1, max_retries=0) as second,
        pytest.raises(WorkerDiedError, match="SIGKILL") as caught,
    ):
        second.submit(calls.lose_worker, tmp_path, 9).result()
    assert "Ray says: " in caught.value.__notes__[0]
    calls.wait_until_gone(tmp_path / "try 0")
    assert engine.submit(calls.double, 2).result() == 4


def test_a_job_that_cannot_be_started_is_told_as_what_it_is(engine, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file") as caught:
        engine.submit(calls.pid, log=tmp_path / "file" / "log").result()
    assert type(caught.value).__module__ == "builtins"


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="Linux only")
def test_a_cluster_of_our_own_listens_to_this_machine_alone_and_keeps_its_secret(engine, home):
    assert listening() in ({"::ffff:127.0.0.1", "127.0.0.1"}, {"127.0.0.1"})
    assert list(home.iterdir()) == []


class DeafRay:
    """Takes the place of Ray where a worker does not hear that its job is taken back."""

    class exceptions:
        class RayError(Exception):
            pass

        RayTaskError = TaskCancelledError = type("Other", (RayError,), {})

    def __init__(self):
        self.is_forced = threading.Event()

    def cancel(self, reference, force=False):
        if force:
            self.is_forced.set()

    def get(self, reference):
        assert self.is_forced.wait(calls.PATIENCE_SECONDS)
        raise self.exceptions.RayError("the worker died")


def test_a_worker_that_does_not_hear_is_ended_with_its_job(monkeypatch):
    monkeypatch.setattr(ray, "FORCE_SECONDS", 0.1)
    task = RayTask(DeafRay(), None)
    task.stop()
    with pytest.raises(CancelledError):
        task.wait()


def test_closing_ends_all_jobs_at_once_and_the_cluster(engine, tmp_path):
    from ray import is_initialized

    runs = [engine.submit(calls.sleep, tmp_path, name) for name in "ab"]
    waits = engine.submit(calls.pid)
    for name in "ab":
        calls.wait_for(tmp_path / name)
    engine.close()
    calls.wait_until_gone(tmp_path / "a", tmp_path / "b")
    # By their names: other tests of this process may have left programs of theirs.
    names = [Path(f"/proc/{process}/cmdline") for process in descendants(os.getpid())]
    left = [name.read_text() for name in names if name.exists()]
    assert not is_initialized() and not [line for line in left if "ray" in line.lower()]
    for future in (*runs, waits):
        with pytest.raises(CancelledError):
            future.result()


def test_when_the_driver_is_killed_its_jobs_end_with_all_that_they_started(home, tmp_path):
    script = PARENT.replace("LocalEngine(workers=len(names))", "open_engine('ray', len(names))")
    script = script.replace("import LocalEngine", "import open_engine")
    command = [sys.executable, "-c", script, tmp_path, "stay", "compute", "fork_and_sleep"]
    with subprocess.Popen(command, cwd=ROOT) as driver:
        files = [tmp_path / name for name in ("compute", "fork_and_sleep", "forked")]
        for file in files:
            calls.wait_for(file)
        driver.send_signal(signal.SIGKILL)
    calls.wait_until_gone(*files)
