"""The time of a search: no trial that could not end in it, and what happens at its end."""

import threading

import pytest

from kseg.engine import WorkerDiedError
from kseg.errors import KsegError
from kseg.fit import STOP_FILE, RunStoppedError
from kseg.tune import loop
from tests.tune import stub
from tests.tune.inline import InlineEngine, StuckEngine
from tests.tune.searches import outcome, run


class FakeTime:
    """A clock that each trial moves on."""

    def __init__(self, monkeypatch, seconds):
        self.now, self.seconds = 1000.0, seconds
        for module in ("ledger", "lifecycle"):
            monkeypatch.setattr(f"kseg.tune.{module}.time.monotonic", lambda: self.now)

    def run_trial(self, task):
        self.now += self.seconds * task.share
        return stub.run_trial(task)


class LateEngine(StuckEngine):
    """Never ends a trial, and moves the clock on when one begins."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def submit(self, function, *arguments, **options):
        if function.__name__ != "prepare":
            self.clock.now += self.clock.seconds
        return super().submit(function, *arguments, **options)


def test_no_trial_is_begun_that_could_not_end_in_the_budget(tmp_path, monkeypatch):
    clock = FakeTime(monkeypatch, seconds=60)
    result, said = run(tmp_path, "tune.trials=null", "tune.budget=10m", run_trial=clock.run_trial)
    ended = [r for r in result.records if not r.is_running]
    assert len(ended) == 10 and clock.now <= 1000 + 600
    assert "budget is spent" in said[-3]


def test_a_longer_budget_goes_on_with_what_would_not_have_ended(tmp_path, monkeypatch):
    clock = FakeTime(monkeypatch, seconds=60)
    run(tmp_path / "whole", "tune.trials=null", "tune.budget=20m", run_trial=clock.run_trial)
    for minutes in (5, 13, 20):
        run(
            tmp_path / "parts",
            "tune.trials=null", f"tune.budget={minutes}m", run_trial=clock.run_trial,
        )  # fmt: skip
    whole, parts = outcome(tmp_path / "whole")[2], outcome(tmp_path / "parts")[2]
    assert {n: r["score"] for n, r in whole.items()} == {n: r["score"] for n, r in parts.items()}


def test_a_trial_that_still_runs_at_the_end_is_kept_for_a_longer_budget(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "POLL_SECONDS", 0.01)
    clock = FakeTime(monkeypatch, seconds=60)
    run(tmp_path, "tune.trials=2", run_trial=clock.run_trial)
    # There is time for a third trial, and it takes longer than it should. By this clock no time is
    # spent on waiting until it has saved.
    clock.seconds = 100
    engine = LateEngine(clock)
    result, _ = run(tmp_path, "tune.trials=5", "tune.budget=200s", engine=engine, grace_seconds=0)
    last = result.records[-1]
    assert last.is_running and "when the budget of the search was spent" in last.reason
    again, _ = run(tmp_path, "tune.trials=5", run_trial=clock.run_trial)
    assert again.records[2].status == "completed" and again.records[2].reason is None


def test_a_budget_too_short_for_any_trial_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "POLL_SECONDS", 0.01)
    engine = LateEngine(FakeTime(monkeypatch, seconds=60))
    with pytest.raises(KsegError, match="no trial came to its end") as refused:
        run(tmp_path, "tune.budget=10s", engine=engine, grace_seconds=0)
    assert refused.value.code == "KS-H02"


def test_a_budget_that_is_spent_before_any_trial_is_told_as_that(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "seconds_of_trial", lambda *_: 1e9)
    with pytest.raises(KsegError, match="no trial was begun, since none could have ended within"):
        run(tmp_path, "tune.budget=10s")


def test_a_file_called_stop_ends_the_search_and_the_same_call_goes_on(tmp_path):
    run(tmp_path / "whole")

    def run_trial(task):
        if task.folder.parent.name == "0003":
            (tmp_path / "stopped" / "search" / STOP_FILE).touch()
        return stub.run_trial(task)

    with pytest.raises(RunStoppedError) as stopped:
        run(tmp_path / "stopped", run_trial=run_trial)
    assert stopped.value.exit_code == 130
    assert not (tmp_path / "stopped" / "search" / STOP_FILE).exists()
    run(tmp_path / "stopped")
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


def test_trials_that_run_are_asked_to_save_when_the_search_stops(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "POLL_SECONDS", 0.01)
    folder = tmp_path / "search" / "trials" / "0000" / "run"

    class Stopping(StuckEngine):
        def submit(self, function, *arguments, **options):
            future = super().submit(function, *arguments, **options)
            if function.__name__ != "prepare":
                folder.mkdir(parents=True)
                (tmp_path / "search" / STOP_FILE).touch()
            return future

    with pytest.raises(RunStoppedError):
        run(tmp_path, engine=Stopping())
    assert (folder / STOP_FILE).exists()


def test_the_oracle_waits_for_no_one_when_two_trials_run_at_a_time(tmp_path):
    result, _ = run(tmp_path, "tune.oracle=hyperband", engine=InlineEngine(workers=2))
    assert len(result.records) == 23 and not any(r.is_running for r in result.records)


def test_trials_that_are_only_about_to_start_are_asked_to_save_too(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "POLL_SECONDS", 0.01)
    folder = tmp_path / "search" / "trials" / "0000" / "run"

    class Starting(StuckEngine):
        """A training that takes the first file away, as one does when it begins."""

        def submit(self, function, *arguments, **options):
            future = super().submit(function, *arguments, **options)
            if function.__name__ != "prepare":
                folder.mkdir(parents=True)
                (tmp_path / "search" / STOP_FILE).touch()
                threading.Thread(target=self.begin, daemon=True).start()
            return future

        def begin(self):
            while not (folder / STOP_FILE).exists():
                pass
            (folder / STOP_FILE).unlink()
            while not (folder / STOP_FILE).exists():
                pass
            self.stuck.set_exception(RunStoppedError(why="stopped", code="KS-G07"))

    with pytest.raises(RunStoppedError):
        run(tmp_path, engine=Starting(), grace_seconds=60.0)


def test_the_time_limit_of_a_trial_holds_over_all_sittings(tmp_path, monkeypatch):
    clock = FakeTime(monkeypatch, seconds=0)
    limits = []

    class Limited(InlineEngine):
        def submit(self, function, *arguments, seconds=None, **options):
            limits.append(seconds)
            clock.now += 40
            faults = [WorkerDiedError(-9)] if function.__name__ != "prepare" else []
            self.faults = faults if len(limits) == 2 else []
            return super().submit(function, *arguments)

    run(
        tmp_path,
        "tune.trials=1",
        "tune.time_limit=100s",
        engine=Limited(),
        run_trial=clock.run_trial,
    )
    assert limits == [None, 100.0, 60.0]
