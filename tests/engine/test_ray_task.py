import _thread
import signal
import threading

import pytest

from kseg.engine import JobTimedOutError, WorkerDiedError
from kseg.engine.job import make_job, open_answer
from kseg.engine.ray_task import run_job
from tests.engine import calls


def test_what_became_of_a_job_is_returned_not_raised(tmp_path):
    assert open_answer(run_job(make_job(calls.double, (4,)), {})) == 8
    died = run_job(make_job(calls.leave, (3,)), {})
    assert isinstance(died, WorkerDiedError) and died.exit_code == 3
    late = run_job(make_job(calls.sleep, (tmp_path,), seconds=0.1), {})
    assert isinstance(late, JobTimedOutError) and late.seconds == 0.1


def test_a_job_knows_nothing_of_ray(monkeypatch):
    monkeypatch.setenv("RAY_AUTH_TOKEN", "secret")
    job = make_job(calls.variables, ("RAY_AUTH_TOKEN", "KSEG_THREADS"))
    assert open_answer(run_job(job, {"KSEG_THREADS": "3"})) == [None, "3"]


@pytest.fixture(autouse=True)
def own_ctrl_c():
    """Leave Ctrl-C to the tests, as it was."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("ctrl_c", [signal.default_int_handler, signal.SIG_IGN])
def test_a_job_that_is_taken_back_is_gone_before_that_is_told(tmp_path, ctrl_c):
    # It is ignored by all that a script has started in the background.
    signal.signal(signal.SIGINT, ctrl_c)

    def take_back():
        calls.wait_for(tmp_path / "sleep")
        _thread.interrupt_main()  # as Ray does

    thread = threading.Thread(target=take_back)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run_job(make_job(calls.sleep, (tmp_path,)), {})
    thread.join()
    calls.wait_until_gone(tmp_path / "sleep")
