"""Whole searches whose trials are trainings, begun from the command line as a user does."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tune.searches import outcome
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
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a few tiny scans and a recipe with a space for them."""
    folder = tmp_path_factory.mktemp("trainings")
    write_data(folder / "data", cases=4)
    write_recipe(folder, TRAININGS)
    return folder


@pytest.fixture
def begin(place, request):
    """Begin a search, which ends with the test at the latest."""

    def begin(name):
        process = start(place, name)
        request.addfinalizer(process.kill)
        return process

    return begin


@pytest.fixture(scope="module")
def undisturbed(place):
    return found(place, "whole")


def start(place, name, *options):
    words = ["-m", "kseg", "tune", str(place / "tiny.yaml")]
    words += ["--out", str(place / name / "search"), "--work", str(place / "work"), *options]
    # A cluster that happens to run here is not the test's.
    environment = {key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "HOME": str(place)}
    with (place / f"{name}.txt").open("a") as said:
        return subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, stdout=said, stderr=said, env=environment
        )


def found(place, name, *options):
    """Run a search to its end; return all that it found, but for times and memory."""
    process = start(place, name, *options)
    try:
        code = process.wait(timeout=600)
    finally:
        process.kill()
    assert code == 0, (place / f"{name}.txt").read_text()
    return outcome(place / name, "seconds_per_scan", "memory_gib")


def in_any_order(outcome):
    """Return an outcome without the order in which trials that ran side by side ended."""
    table, best, records = outcome
    for record in records.values():
        del record["asked"], record["told"]
    return table, best, records


def saved(folder):
    """Return the checkpoints of all trials that there are now."""
    return set(folder.glob("search/trials/*/run/checkpoints/generation-*"))


def test_a_search_of_trainings_that_is_killed_ends_as_one_that_was_not(place, begin, undisturbed):
    luck, kills = random.Random(6), 0
    while kills < 6:
        before, process = saved(place / "killed"), begin("killed")
        # Most of a short training is its start: at a random moment there would be none to go on.
        while process.poll() is None and saved(place / "killed") <= before:
            time.sleep(0.02)
        time.sleep(luck.uniform(0, 0.2))
        process.kill()
        if process.wait() == 0:
            break
        kills += 1
        assert process.returncode == -signal.SIGKILL, (place / "killed.txt").read_text()
    assert kills >= 3
    assert found(place, "killed") == undisturbed
    logs = [path.read_text() for path in place.glob("killed/search/trials/*/trial.log")]
    gone_on = re.findall(r"training 9 steps of which [1-8] are done", "".join(logs))
    assert len(gone_on) >= 2, "no kill came while a training was under way"


def test_ray_gives_the_trials_of_this_machine(place):
    # Both give each of two trials the same number of processors, which shows in the last digits.
    local = found(place, "local", "--workers", "2")
    ray = found(place, "ray", "--engine", "ray", "--workers", "2")
    assert in_any_order(ray) == in_any_order(local)
