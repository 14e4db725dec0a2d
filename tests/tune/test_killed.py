"""A search whose process is killed, and one whose trials die in every way."""

import contextlib
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from kseg.engine import LocalEngine
from tests.engine.calls import PATIENCE_SECONDS, wait_for
from tests.tune import stub
from tests.tune.searches import outcome, run

ROOT = Path(__file__).parents[2]


def start(folder: Path, *changes: str, wait_seconds=0.1) -> subprocess.Popen:
    folder.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "tests.tune.killed", str(folder), str(wait_seconds), *changes]
    with (folder / "errors.txt").open("a") as errors:
        return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors)


def kill_and_resume(folder: Path, kills: int, *changes: str, seed=1) -> int:
    """Kill a search at random moments and begin it again; return how often it was killed."""
    luck, killed = random.Random(seed), 0
    for _ in range(kills + 40):
        process = start(folder, *changes)
        assert process.stdout.readline() == b"ready\n", (folder / "errors.txt").read_text()
        if killed < kills:
            time.sleep(luck.uniform(0.0, 1.5))
            process.send_signal(signal.SIGKILL)
        code = process.wait(timeout=120)
        killed += code == -signal.SIGKILL
        if code == 0:
            return killed
        assert code == -signal.SIGKILL, (folder / "errors.txt").read_text()
    raise AssertionError("the search never came to its end")


def assert_same(one: Path, other: Path) -> None:
    assert outcome(one) == outcome(other)


def test_a_search_that_is_killed_ends_as_one_that_was_not(tmp_path):
    run(tmp_path / "whole", "tune.trials=10")
    assert kill_and_resume(tmp_path / "killed", 3, "tune.trials=10") == 3
    assert_same(tmp_path / "whole", tmp_path / "killed")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("oracle", ["random", "hyperband"])
def test_a_search_that_is_killed_twenty_times_ends_as_one_that_was_not(tmp_path, oracle):
    changes = [f"tune.oracle={oracle}"] + ["tune.trials=40"] * (oracle == "random")
    run(tmp_path / "whole", *changes)
    killed = kill_and_resume(tmp_path / "killed", 20, *changes)
    assert killed >= (20 if oracle == "random" else 8)
    assert_same(tmp_path / "whole", tmp_path / "killed")


def children_of(process: subprocess.Popen) -> list[int]:
    """Return the processes that one has started, as far as they can be read just now."""
    pids = []
    # A thread may end while its file is read.
    with contextlib.suppress(OSError):
        # A process belongs to the thread that started it.
        for file in Path(f"/proc/{process.pid}/task").glob("*/children"):
            pids += [int(pid) for pid in file.read_text().split()]
    return pids


def test_trials_of_a_search_that_is_killed_end_with_it(tmp_path, request):
    process = start(tmp_path, wait_seconds=1000)
    request.addfinalizer(process.kill)
    assert process.stdout.readline() == b"ready\n"
    # By then the job that prepares the data has ended; but the log is opened before the trial's
    # process is started.
    wait_for(tmp_path / "search" / "trials" / "0000" / "trial.log")
    end = time.monotonic() + PATIENCE_SECONDS
    while not (pids := children_of(process)):
        assert time.monotonic() < end, "no trial was begun"
        time.sleep(0.05)
    process.kill()
    process.wait()
    end = time.monotonic() + PATIENCE_SECONDS
    while any(Path(f"/proc/{pid}/cmdline").exists() for pid in pids):
        assert time.monotonic() < end, "a trial outlived its search"
        time.sleep(0.05)


def test_every_death_of_a_trial_is_a_result_with_its_reason(tmp_path):
    # The limit counts the start of a process, too, which is slow on a machine under load.
    changes = ["tune.trials=15", "tune.budget=5m", "tune.time_limit=20s", "tune.retries=0"]
    with LocalEngine(2) as engine:
        result, _ = run(tmp_path, *changes, engine=engine, run_trial=stub.faulty_trial)
    assert [r.status for r in result.records].count("completed") == 5
    reasons = {r.trial: r.reason for r in result.records if r.status == "failed"}
    assert len(reasons) == 10 and all(reasons.values())
    for words in ("RuntimeError: the graph is odd", "ran out of memory", "val_dice was nan",
                  "ran longer than tune.time_limit (20s)", "ended by signal SIGABRT"):  # fmt: skip
        assert sum(words in reason for reason in reasons.values()) == 2, words
    text = (tmp_path / "search" / "trials.csv").read_text()
    assert all(reason.split("(")[0] in text for reason in reasons.values())


def test_killing_one_trial_costs_that_trials_retry_and_nothing_else(tmp_path):
    run(tmp_path / "whole", "tune.trials=4")

    said = []
    with LocalEngine(2) as engine:
        result, said = run(
            tmp_path / "killed", "tune.trials=4", engine=engine,
            run_trial=partial(stub.suicidal_trial, str(tmp_path / "killed" / "once")),
        )  # fmt: skip
    assert sum(record.attempts for record in result.records) == 5
    assert sum("was killed from outside" in line for line in said) == 1
    scores = {n: r["score"] for n, r in outcome(tmp_path / "whole")[2].items()}
    assert scores == {record.trial: record.score for record in result.records}
