import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from kseg.fit import RunStoppedError, Stop
from kseg.workflow import crossval_run
from kseg.workflow.crossval_job import FoldEnd
from kseg.workflow.crossval_run import run_folds
from kseg.workflow.log import RunLog
from tests.workflow.crossvals import planned


@pytest.fixture
def folds(tmp_path):
    return planned(tmp_path).folds


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(crossval_run, "LOOK_SECONDS", 0.01)


class Runs:
    """Folds that each run in a thread, as `act` says, and what is told of them."""

    def __init__(self, act, workers=2):
        self.pool = ThreadPoolExecutor(9)
        self.act, self.workers = act, workers
        self.told, self.done, self.now, self.most = [], [], 0, 0
        self.lock = threading.Lock()

    def submit(self, fold):
        return self.pool.submit(self._run, fold)

    def _run(self, fold):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            return self.act(fold)
        finally:
            with self.lock:
                self.now -= 1

    def go(self, folds, stop=None):
        log = RunLog(None, self.told.append)
        ended = lambda fold, future: self.done.append((fold.number, future.exception()))  # noqa: E731
        return run_folds(folds, self.submit, self.workers, stop or Stop(), log, ended)


def wait_for_stop(fold):
    """Train until the file asks, as a fold does; one of an earlier day is taken away."""
    for _ in range(1000):
        if (fold.folder / "stop").exists():
            raise RunStoppedError(why="stopped by the file stop", code="KS-G07")
        time.sleep(0.01)
    raise TimeoutError


def test_all_folds_run_and_no_more_at_a_time_than_there_are_workers(folds):
    both_here = threading.Barrier(2, timeout=60)

    def act(fold):
        if fold.number < 2:
            both_here.wait()
            # Long enough for the third to be seen, if it began too soon.
            time.sleep(0.02)
        return FoldEnd(1, 1.0)

    runs = Runs(act)
    assert runs.go(folds) == ()
    assert sorted(runs.done) == [(0, None), (1, None), (2, None)] and runs.most == 2
    assert runs.told == [f"fold {n} begins -> {folds[n].folder}" for n in range(3)]


def test_a_fold_that_has_begun_is_said_to_go_on(folds):
    (folds[1].folder / "checkpoints").mkdir(parents=True)
    runs = Runs(lambda fold: FoldEnd(1, 1.0))
    runs.go(folds)
    hows = ("begins", "goes on", "begins")
    assert runs.told == [f"fold {n} {how} -> {folds[n].folder}" for n, how in enumerate(hows)]


def test_a_fold_that_fails_ends_no_other(folds):
    def act(fold):
        if fold.number == 0:
            raise ZeroDivisionError
        return FoldEnd(1, 1.0)

    runs = Runs(act, workers=1)
    assert runs.go(folds) == ()
    assert [type(error) for _, error in runs.done] == [ZeroDivisionError, type(None), type(None)]


def test_G07_what_runs_is_asked_to_stop_and_what_waits_does_not_begin(folds):
    stop = Stop()
    runs = Runs(wait_for_stop)

    def ask():
        while len(runs.told) < 2:
            time.sleep(0.01)
        stop.reason = "Ctrl-C"

    threading.Thread(target=ask, daemon=True).start()
    assert runs.go(folds, stop) == (folds[2],)
    assert sorted(number for number, _ in runs.done) == [0, 1]
    assert all(isinstance(error, RunStoppedError) for _, error in runs.done)
    assert not any((fold.folder / "stop").exists() for fold in folds)


def test_G07_a_fold_that_takes_the_file_away_as_it_begins_is_asked_again(folds):
    stop = Stop()
    stop.reason = None

    def begin_late(fold):
        stop.reason = "Ctrl-C"
        while not (fold.folder / "stop").exists():
            time.sleep(0.001)
        (fold.folder / "stop").unlink()
        wait_for_stop(fold)

    runs = Runs(begin_late, workers=1)
    assert runs.go(folds, stop) == folds[1:]
    assert isinstance(runs.done[0][1], RunStoppedError)


def test_G07_a_fold_that_does_not_stop_in_time_is_left_to_the_engine(folds, monkeypatch):
    monkeypatch.setattr(crossval_run, "STOP_SECONDS", 0.05)
    stop, futures = Stop(), []
    stop.reason = None

    def submit(fold):
        stop.reason = "Ctrl-C"
        futures.append(Future())
        return futures[-1]

    log = RunLog(None, lambda sentence: None)
    left = run_folds(folds[:2], submit, 1, stop, log, lambda fold, future: None)
    assert left == folds[:2] and len(futures) == 1
    assert not (folds[0].folder / "stop").exists()


def test_how_many_folds_have_ended_is_shown(folds):
    shown = []
    runs = Runs(lambda fold: FoldEnd(1, 1.0), workers=1)
    log = RunLog(None, runs.told.append, lambda *facts: shown.append(facts))
    run_folds(folds, runs.submit, 1, Stop(), log, lambda fold, future: None)
    assert shown[-1] == (3, 3, "folds") and (1, 3, "folds") in shown
