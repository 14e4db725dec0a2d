import signal
import threading

import pytest

from kseg.errors import KsegError
from kseg.fit import RunStoppedError, Stop, Stopped


def test_a_request_leaves_at_once_where_nothing_waits():
    stop = Stop()
    with pytest.raises(Stopped) as stopped:
        stop.ask("Ctrl-C")
    assert stopped.value.reason == stop.reason == "Ctrl-C"


def test_a_request_is_noted_while_a_step_runs_and_heeded_inside_it_where_that_is_wanted():
    stop, seen = Stop(), []
    with stop.waiting():
        stop.ask("Ctrl-C")
        seen.append(stop.is_asked())
        stop.check()
        with pytest.raises(Stopped), stop.at_once():
            seen.append("never")
        stop.check()
    with pytest.raises(Stopped):
        stop.check()
    assert seen == [True]


def test_a_request_is_no_exception_that_a_loop_over_cases_would_take_for_a_bad_case():
    assert not issubclass(Stopped, Exception) and issubclass(Stopped, KeyboardInterrupt)
    assert issubclass(RunStoppedError, KsegError) and RunStoppedError.exit_code == 130


def test_a_file_asks_by_being_there_and_is_removed_when_it_was_obeyed(tmp_path):
    stop = Stop(tmp_path / "stop")
    stop.check()
    assert not stop.is_asked() and not stop.forget_file()
    (tmp_path / "stop").touch()
    with pytest.raises(Stopped, match="the file stop"):
        stop.check()
    assert stop.forget_file() and not (tmp_path / "stop").exists()
    assert stop.is_asked()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_G07_a_signal_is_a_request_and_a_second_ctrl_c_leaves_at_once(number):
    told = []
    stop, before = Stop(tell=told.append), signal.getsignal(number)
    with stop.signals(), stop.waiting():
        signal.raise_signal(number)
        assert stop.is_asked() and len(told) == 1 and "finishing the step" in told[0]
        # A scheduler that repeats itself must not cut the saving short.
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt) as second:
            signal.raise_signal(signal.SIGINT)
    assert type(second.value) is KeyboardInterrupt
    assert signal.getsignal(number) is before and len(told) == 1


def test_G07_a_signal_leaves_at_once_while_data_are_prepared():
    stop = Stop()
    with pytest.raises(Stopped, match="SIGTERM"), stop.signals():
        signal.raise_signal(signal.SIGTERM)


def test_signals_are_left_alone_outside_the_main_thread():
    seen = []

    def run():
        with Stop().signals():
            seen.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [before]
