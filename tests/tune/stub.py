"""Trials without TensorFlow: a score that follows from the values, and faults on demand."""

import json
import math
import os
import resource
import signal
import time
from pathlib import Path

from kseg.recipe import load_recipe, recipe_leaves
from kseg.storage import create_file, write_json
from kseg.tune.task import Outcome, Prepared, Task

METRICS = ("val_dice", "loss", "seconds", "steps", "seconds_per_scan", "memory_gib", "parameters")


def values_of(task: Task) -> dict:
    leaves = {
        ".".join(path): value for path, value in recipe_leaves(load_recipe(task.recipe).recipe)
    }
    always = ("optimizer.learning_rate", "model.depth")
    return {key: leaves.get(key) for key in (*task.tune.space, *always)}


def prepare(recipe: Path, work: Path) -> Prepared:
    cases = {"train": {"a": "1"}, "validation": {"b": "2"}}
    identity = {"labels": ["background", "liver"], "channels": ["CT"], **cases}
    return Prepared(identity, "stub (2 cases: 1 trains, 1 validates)", metrics=METRICS)


def score_of(values: dict, share: float) -> float:
    """A hill with its top at depth 4 and a rate of 0.003; more training is better."""
    rate, depth = values["optimizer.learning_rate"], values["model.depth"]
    return math.exp(-((math.log10(rate) + 2.5) ** 2) - 0.3 * (depth - 4) ** 2) * share**0.1


def run_trial(task: Task, wait_seconds: float = 0.0) -> Outcome:
    values = values_of(task)
    time.sleep(wait_seconds)
    # As a training does, it leaves something that a second part goes on from.
    done = task.folder / "checkpoints" / "done.json"
    before = json.loads(done.read_text())["share"] if done.is_file() else 0.0
    write_json(done, {"share": max(before, task.share)})
    curve = tuple(
        (s, score_of(values, s)) for s in (1 / 9, 1 / 3, 2 / 3, 1) if s <= task.share + 1e-9
    )
    score = score_of(values, task.share)
    return Outcome({"val_dice": score, "loss": 1 - score, "steps": round(900 * task.share),
                    "seconds_per_scan": 0.1 * values["model.depth"], "memory_gib": 1.0,
                    "parameters": 10 ** values["model.depth"]}, curve,
                   history=f"epoch,val_dice\n1,{score}\n")  # fmt: skip


def slow_trial(task: Task) -> Outcome:
    return run_trial(task, 0.05)


def faulty_trial(task: Task) -> Outcome:
    """One in three works; the others die in five ways."""
    number = int(task.folder.parent.name)
    if number % 3 == 1:
        return run_trial(task)
    kind = ("raises", "memory", "nan", "hangs", "crashes")[(number // 3 * 2 + (number % 3 > 0)) % 5]
    if kind == "raises":
        raise RuntimeError("the graph is odd")
    if kind == "memory":
        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
        bytearray(2**32)
    if kind == "hangs":
        time.sleep(1000)
    if kind == "crashes":
        os.abort()
    outcome = run_trial(task)
    return Outcome({**outcome.metrics, "val_dice": math.nan})


def suicidal_trial(mark: str, task: Task) -> Outcome:
    """The first of all trials that comes here is killed in its midst."""
    if create_file(mark, b""):
        os.kill(os.getpid(), signal.SIGKILL)
    return run_trial(task)
