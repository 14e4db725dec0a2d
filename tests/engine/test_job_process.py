import os
import signal
from concurrent.futures import CancelledError

import pytest

from kseg.engine import JobTimedOutError, WorkerDiedError, job_process
from kseg.engine.job import make_job, open_answer
from kseg.engine.job_process import JobProcess
from kseg.engine.worker import FIRST_TO_GO, OOM_SCORE
from tests.engine import calls


def run(function, *arguments, log=None, seconds=None, **environment):
    return open_answer(JobProcess(make_job(function, arguments, log, seconds), environment).wait())


def test_variables_are_set_kept_and_taken_away(monkeypatch):
    monkeypatch.setenv("KSEG_KEPT", "kept")
    monkeypatch.setenv("KSEG_GONE", "gone")
    names = ("KSEG_KEPT", "KSEG_GONE", "KSEG_SET")
    assert run(calls.variables, *names, KSEG_GONE=None, KSEG_SET="1") == ["kept", None, "1"]


def test_all_that_a_job_prints_is_added_to_its_log(tmp_path, capfd):
    log = tmp_path / "deep" / "down" / "job.log"
    for text in ("one", "two"):
        run(calls.say, text, log=log)
    ways = ("stdout", "stderr", "write")
    assert sorted(log.read_text().splitlines()) == sorted(
        f"{text} by {way}" for text in ("one", "two") for way in ways
    )
    assert log.read_text().index("one") < log.read_text().index("two")
    assert capfd.readouterr() == ("", "")


def test_without_a_log_it_prints_to_the_standard_error(capfd):
    run(calls.say, "a word")
    told = capfd.readouterr()
    assert told.out == "" and "a word by stdout\n" in told.err


def test_what_was_printed_before_a_crash_and_where_it_was_are_in_the_log(tmp_path):
    with pytest.raises(WorkerDiedError, match="SIGSEGV|SIGBUS"):
        run(calls.touch_no_memory_and_tell, log=tmp_path / "log", PYTHONUNBUFFERED=None)
    text = (tmp_path / "log").read_text()
    assert text.startswith("before the crash\n") and "in touch_no_memory\n" in text


def test_a_job_reads_nothing_of_what_is_typed_or_sent():
    assert run(calls.read_input) == ""


@pytest.mark.parametrize(
    ("function", "arguments", "cause"),
    [
        (calls.end_by, [signal.SIGKILL], "signal SIGKILL"),
        (calls.leave, [3], "exit code 3"),
        (calls.raise_base, [SystemExit], "exit code 0"),
        (calls.raise_base, [SystemExit, 4], "exit code 4"),
        (calls.raise_base, [KeyboardInterrupt], "exit code 1"),
        (calls.raise_base, [GeneratorExit], "exit code 1"),
        (calls.leave_a_thread_behind_and_exit, [5], "exit code 5"),
    ],
)
def test_G13_a_process_that_ends_without_an_answer_says_of_what(
    tmp_path, function, arguments, cause
):
    with pytest.raises(WorkerDiedError) as caught:
        run(function, *arguments, log=tmp_path / "log", seconds=calls.PATIENCE_SECONDS)
    assert caught.value.cause == cause


def test_a_process_that_was_killed_is_told_though_another_one_holds_its_pipes(tmp_path):
    with pytest.raises(WorkerDiedError, match="SIGKILL"):
        run(calls.fork_and_die, tmp_path, seconds=calls.PATIENCE_SECONDS)
    calls.wait_until_gone(tmp_path / "forked")


def test_a_job_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path):
    # Its time counts from its start: here it is over before anybody waits.
    process = JobProcess(make_job(calls.fork_and_sleep, (tmp_path,), seconds=0.1), {})
    calls.wait_for(tmp_path / "fork_and_sleep")
    with pytest.raises(JobTimedOutError, match="longer than 0.1 seconds") as caught:
        process.wait()
    assert caught.value.seconds == 0.1
    calls.wait_until_gone(tmp_path / "fork_and_sleep", tmp_path / "forked")


def test_a_thread_that_hangs_keeps_no_job_that_has_answered(monkeypatch):
    monkeypatch.setattr(job_process, "GRACE_SECONDS", 0.2)
    assert run(calls.leave_a_thread_behind, seconds=calls.PATIENCE_SECONDS) == "done"


def test_a_stopped_job_is_cancelled_not_dead(tmp_path):
    process = JobProcess(make_job(calls.sleep, (tmp_path,)), {})
    calls.wait_for(tmp_path / "sleep")
    process.stop()
    with pytest.raises(CancelledError):
        process.wait()
    calls.wait_until_gone(tmp_path / "sleep")
    process.stop()


def test_a_job_leaves_ctrl_c_to_its_parent(tmp_path):
    process = JobProcess(make_job(calls.meet, (tmp_path, "here", "go")), {})
    calls.wait_for(tmp_path / "here")
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(process._process.pid, number)
    # Ctrl-C in a terminal goes to the whole group of the program.
    assert os.getpgid(process._process.pid) != os.getpgrp()
    (tmp_path / "go").touch()
    assert open_answer(process.wait()) == "here"


@pytest.mark.skipif(not OOM_SCORE.exists(), reason="Linux only")
def test_the_kernel_ends_a_job_before_its_parent():
    assert int(run(OOM_SCORE.read_text)) == FIRST_TO_GO > int(OOM_SCORE.read_text())


def test_modules_of_the_current_folder_are_not_taken_for_those_of_python(tmp_path, monkeypatch):
    for name in ("json", "pickle", "contextlib", "signal", "threading"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    assert run(calls.where) == str(tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_folder_that_is_gone_is_told(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    job = make_job(calls.pid, ())
    (tmp_path / "a").rmdir()
    with pytest.raises(FileNotFoundError, match=str(tmp_path / "a")):
        JobProcess(job, {})
