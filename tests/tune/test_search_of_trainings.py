"""Whole searches whose trials are trainings, begun from the command line as a user does."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.workflow.tiny import RECIPE, write_data, write_recipe

ROOT = Path(__file__).parents[2]
TRAININGS = (
    RECIPE.replace("steps: 8, steps_per_epoch: 4", "steps: 9, steps_per_epoch: 1")
    + """\
tune:
  oracle: random
  trials: 3
  space:
    model.depth: {int: [2, 3]}
    optimizer.learning_rate: {float: [1e-3, 1e-1], scale: log}
    schedule.name: {choice: [poly, exponential]}
    schedule.decay_rate: {float: [0.5, 0.9], when: {schedule.name: exponential}}
"""
)
# What tells of the clock, of the memory and of how often a trial was begun.
OF_THE_DAY = ("seconds", "seconds_per_scan", "memory_gib", "attempts", "kills")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a few tiny scans and a recipe with a space for them."""
    folder = tmp_path_factory.mktemp("trainings")
    write_data(folder / "data", cases=4)
    write_recipe(folder, TRAININGS)
    return folder


@pytest.fixture(scope="module")
def undisturbed(place):
    return found(place, "whole")


def start(place, name, *options):
    words = ["-m", "kseg", "tune", str(place / "tiny.yaml"), "--out", str(place / name)]
    words += ["--work", str(place / "work"), *options]
    # A cluster that happens to run here is not the test's.
    environment = {key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "HOME": str(place)}
    with (place / f"{name}.txt").open("a") as said:
        return subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, stdout=said, stderr=said, env=environment
        )


def found(place, name, *options):
    """Run a search to its end; return all that it found, but for times and memory."""
    code = start(place, name, *options).wait(timeout=600)
    assert code == 0, (place / f"{name}.txt").read_text()
    return outcome(place / name)


def outcome(search):
    table = pd.read_csv(search / "trials.csv").drop(columns=list(OF_THE_DAY[:3]))
    records = []
    for file in sorted(search.glob("trials/*/trial.json")):
        record = json.loads(file.read_text())
        record["metrics"] = without_the_day(record["metrics"])
        records.append(without_the_day(record))
    return table.to_csv(index=False), (search / "best.yaml").read_bytes(), records


def without_the_day(facts):
    return {name: value for name, value in facts.items() if name not in OF_THE_DAY}


def test_a_search_of_trainings_that_is_killed_ends_as_one_that_was_not(place, undisturbed):
    luck, killed = random.Random(6), 0
    while killed < 5:
        process = start(place, "killed")
        try:
            code = process.wait(timeout=luck.uniform(6, 25))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            code = process.wait()
        killed += code == -signal.SIGKILL
        if code == 0:
            break
        assert code == -signal.SIGKILL, (place / "killed.txt").read_text()
    assert killed >= 2
    assert found(place, "killed") == undisturbed


def test_ray_gives_the_trials_of_this_machine(place):
    # Two at a time each have one processor, whose number shows in the last digits of a sum.
    local = found(place, "local", "--workers", "2")
    assert found(place, "ray", "--engine", "ray", "--workers", "2") == local
