import threading
from concurrent.futures import CancelledError, wait

import pytest

from kseg.engine import LocalEngine
from kseg.errors import KsegError
from tests.engine import calls


def starts_and_most_at_a_time(log):
    """Return the names of jobs in the order of their starts, and how many ran at a time."""
    events = [line.split() for line in log.read_text().splitlines()]
    running = most = 0
    for word, _ in events:
        running += 1 if word == "start" else -1
        most = max(most, running)
    return [name for word, name in events if word == "start"], most


def test_jobs_run_in_the_order_in_which_they_came(tmp_path):
    names = list("dbca")
    with LocalEngine(workers=1) as engine:
        futures = [engine.submit(calls.note_start_and_end, tmp_path / "log", n) for n in names]
        wait(futures)
    assert starts_and_most_at_a_time(tmp_path / "log") == (names, 1)


def test_as_many_jobs_as_there_are_workers_run_at_a_time_and_no_more(tmp_path):
    with LocalEngine(workers=2) as engine:
        pair = [engine.submit(calls.meet, tmp_path, *names) for names in ("ab", "ba")]
        futures = [engine.submit(calls.note_start_and_end, tmp_path / "log", n) for n in range(6)]
        assert [each.result() for each in pair] == ["a", "b"]
        wait(futures)
    assert starts_and_most_at_a_time(tmp_path / "log")[1] <= 2


def test_a_job_that_waits_can_be_taken_back_and_one_that_runs_cannot(tmp_path):
    with LocalEngine(workers=1) as engine:
        runs = engine.submit(calls.meet, tmp_path, "here", "go")
        waits = engine.submit(calls.tell, tmp_path, "never")
        last = engine.submit(calls.double, 2)
        calls.wait_for(tmp_path / "here")
        assert waits.cancel() and not runs.cancel()
        (tmp_path / "go").touch()
        assert runs.result() == "here" and last.result() == 4
    assert not (tmp_path / "never").exists()
    with pytest.raises(CancelledError):
        waits.result()


def test_a_job_that_cannot_be_started_is_told_by_its_future_and_the_next_one_runs(tmp_path):
    (tmp_path / "file").touch()
    with LocalEngine(workers=1) as engine:
        with pytest.raises(OSError, match="file"):
            engine.submit(calls.pid, log=tmp_path / "file" / "log").result()
        assert engine.submit(calls.double, 3).result() == 6


def test_the_engine_may_be_closed_by_what_follows_on_a_job():
    engine, done = LocalEngine(workers=2), threading.Event()

    def close(future):
        engine.close()
        done.set()

    engine.submit(calls.double, 1).add_done_callback(close)
    assert done.wait(calls.PATIENCE_SECONDS)


@pytest.mark.parametrize("workers", [0, -1])
def test_no_workers_are_refused(workers):
    with pytest.raises(KsegError, match=f"Received: workers={workers}"):
        LocalEngine(workers)
