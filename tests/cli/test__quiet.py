import os
import signal
import subprocess
import sys

import pytest

from kseg.cli import _quiet


@pytest.fixture(autouse=True)
def _nothing_is_ignored():
    """Hear both signals, as from a terminal: what starts tests in the background ignores Ctrl-C."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.default_int_handler) for number in signals]
    yield
    for number, handler in zip(signals, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_asks_it_to_end_in_the_midst_of_an_import_is_heard_afterwards(number):
    before = signal.getsignal(number)
    steps = []
    with pytest.raises(KeyboardInterrupt), _quiet._interrupts_afterwards():
        os.kill(os.getpid(), number)
        steps.append("imported")
    assert steps == ["imported"] and signal.getsignal(number) is before


def test_an_import_that_hangs_ends_at_the_second():
    steps = []
    with pytest.raises(KeyboardInterrupt), _quiet._interrupts_afterwards():
        os.kill(os.getpid(), signal.SIGTERM)
        steps.append("first")
        os.kill(os.getpid(), signal.SIGINT)
        steps.append("second")
    assert steps == ["first"]


def test_what_a_job_in_the_background_ignores_it_ignores_here_too():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with _quiet._interrupts_afterwards():
            os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_error_of_the_import_itself_goes_first():
    with pytest.raises(ImportError), _quiet._interrupts_afterwards():
        os.kill(os.getpid(), signal.SIGINT)
        raise ImportError("no such thing")


def test_an_import_without_trouble_prints_nothing():
    words = "from kseg.cli._quiet import import_tensorflow; import_tensorflow()"
    ended = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, timeout=120, check=True
    )
    assert (ended.stdout, ended.stderr) == ("", "")
