import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import numpy as np
import pytest

from kseg.engine import WorkerDiedError, Workers
from kseg.errors import VolumeError
from tests.engine.calls import PATIENCE_SECONDS, wait_for


def pid():
    return os.getpid()


def double(values):
    return 2 * values


def refuse(file):
    raise VolumeError(why="it is cut short", code="KS-A03", file=file)


def noisy(text):
    os.write(1, text.encode())
    sys.stdout.write(text)
    sys.stdout.flush()
    return len(text)


def end_by(number):
    os.kill(os.getpid(), number)
    time.sleep(60)


def leave(code):
    os._exit(code)


def leave_slowly(code):
    """End as on a machine under load, where the pipes may close long before the end is told."""
    os.closerange(3, 100)
    time.sleep(1.5)
    os._exit(code)


def touch_no_memory():
    import ctypes

    ctypes.string_at(0)


def unpicklable():
    class Local(Exception):
        pass

    raise Local("no other process knows this class")


def sleep(seconds, begun):
    begun.touch()
    time.sleep(seconds)


@pytest.fixture
def workers():
    with Workers() as started:
        yield started


def test_a_call_runs_elsewhere_and_gives_what_the_function_returns(workers):
    first = workers.call(pid)
    assert first != os.getpid()
    assert workers.call(pid) == first, "an idle worker is used again"
    np.testing.assert_array_equal(
        workers.call(partial(double, np.arange(100_000))), np.arange(100_000) * 2
    )


def test_an_error_comes_back_as_it_was_raised_and_the_worker_stays(workers):
    first = workers.call(pid)
    with pytest.raises(VolumeError) as caught:
        workers.call(refuse, "a.nii.gz")
    assert (caught.value.file, caught.value.code) == ("a.nii.gz", "KS-A03")
    with pytest.raises(ZeroDivisionError) as caught:
        workers.call(divmod, 7, 0)
    assert "in a worker process" in "".join(caught.value.__notes__)
    with pytest.raises(RuntimeError, match="no other process knows this class"):
        workers.call(unpicklable)
    assert workers.call(pid) == first


def test_what_a_library_prints_does_not_get_between_the_answers(workers):
    assert workers.call(noisy, "a word\n") == 7
    assert workers.call(noisy, "") == 0


@pytest.mark.parametrize(
    ("function", "argument", "cause"),
    [
        (end_by, signal.SIGKILL, "signal SIGKILL"),
        (end_by, signal.SIGSEGV, "signal SIGSEGV"),
        (leave, 3, "exit code 3"),
        (leave_slowly, 4, "exit code 4"),
    ],
)
def test_G13_a_worker_that_dies_says_of_what_and_is_replaced(workers, function, argument, cause):
    before = workers.call(pid)
    started = time.monotonic()
    with pytest.raises(WorkerDiedError) as caught:
        workers.call(function, argument)
    assert caught.value.cause == cause and cause in str(caught.value)
    assert caught.value.is_kill == (argument == signal.SIGKILL)
    assert time.monotonic() - started < 20
    assert workers.call(pid) != before


def test_G13_a_real_segmentation_fault_is_told(workers):
    with pytest.raises(WorkerDiedError, match="SIGSEGV|SIGBUS"):
        workers.call(touch_no_memory)


def test_calls_from_several_threads_run_side_by_side(workers):
    found = []
    threads = [threading.Thread(target=lambda: found.append(workers.call(pid))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 2


def test_a_worker_leaves_ctrl_c_to_its_parent(workers):
    worker = workers.call(pid)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(worker, number)
    assert workers.call(pid) == worker


@pytest.mark.skipif(not os.path.exists("/proc/self/oom_score_adj"), reason="Linux only")  # noqa: PTH110
def test_the_kernel_ends_a_worker_before_its_parent(workers):
    from kseg.engine.worker import FIRST_TO_GO, OOM_SCORE

    assert int(workers.call(OOM_SCORE.read_text)) == FIRST_TO_GO > int(OOM_SCORE.read_text())


def test_ending_the_workers_ends_a_call_that_is_running(tmp_path):
    workers, errors, begun = Workers(), [], tmp_path / "begun"

    def long():
        try:
            workers.call(sleep, 600, begun)
        except WorkerDiedError as error:
            errors.append(error.cause)

    thread = threading.Thread(target=long)
    thread.start()
    wait_for(begun)
    workers.end()
    thread.join(PATIENCE_SECONDS)
    assert errors == ["signal SIGKILL"] and not thread.is_alive()


def test_a_call_after_the_end_fails_as_one_that_was_running_did():
    workers = Workers()
    workers.call(pid)
    workers.end()
    with pytest.raises(WorkerDiedError, match="SIGKILL"):
        workers.call(pid)


def test_a_call_whose_worker_starts_while_the_workers_end_fails_like_one_that_was_running(
    monkeypatch,
):
    workers, start = Workers(), subprocess.Popen

    def start_too_late(*arguments, **options):
        worker = start(*arguments, **options)
        workers.end()
        return worker

    monkeypatch.setattr("kseg.engine.local.subprocess.Popen", start_too_late)
    with pytest.raises(WorkerDiedError, match="SIGKILL"):
        workers.call(pid)


def test_arguments_that_cannot_be_sent_are_told_and_leave_nothing_half_sent(workers):
    with pytest.raises(Exception, match="pickle"):
        workers.call(lambda: None)
    assert workers.call(pid)


def test_modules_of_the_current_folder_are_not_taken_for_those_of_python(tmp_path, monkeypatch):
    for name in ("json", "pickle", "contextlib", "signal"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    with Workers() as workers:
        assert workers.call(divmod, 7, 2) == (3, 1)
    assert not (tmp_path / "ran").exists()
