"""Small searches on stub trials, and what is compared of them."""

import json
from pathlib import Path

import pandas as pd

from kseg.recipe import load_recipe
from kseg.tune import Jobs, search
from tests.tune import stub
from tests.tune.inline import InlineEngine

RECIPE = """
kseg: 1
name: stub
fit: {steps: 900, steps_per_epoch: 100}
tune:
  oracle: random
  space:
    model.depth: {int: [3, 5]}
    optimizer.learning_rate: {float: [1e-5, 1e-1], scale: log}
    schedule.name: {choice: [poly, exponential]}
    schedule.decay_rate: {float: [0.5, 0.99], when: {schedule.name: exponential}}
    schedule.staircase: {bool: true, when: {schedule.name: exponential}}
    patches.size: {choice: [[32, 64, 64], [64, 96, 96]]}
"""


def a_recipe(folder: Path, *changes: str, text: str = RECIPE):
    """Return the loaded recipe; 8 trials unless the changes say otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "stub.yaml"
    file.write_text(text)
    is_counted = any(change.startswith(("tune.trials", "tune.oracle=hyper")) for change in changes)
    return load_recipe(file, [*([] if is_counted else ["tune.trials=8"]), *changes])


def run(folder: Path, *changes: str, engine=None, run_trial=stub.run_trial, **options):
    """Run a search in `folder/search`; return its result and what it said."""
    said = []
    result = search(
        a_recipe(folder, *changes, text=options.pop("text", RECIPE)),
        folder / "search",
        folder / "work",
        engine or InlineEngine(),
        said.append,
        jobs=Jobs(stub.prepare, run_trial, options.pop("grace_seconds", 0.1)),
        **options,
    )
    return result, said


def outcome(folder: Path, *of_the_day: str) -> tuple:
    """Return all of a finished search that does not tell of time, nor of the measures named."""
    of_the_day = ("seconds", *of_the_day)
    table = pd.read_csv(folder / "search" / "trials.csv").drop(columns=list(of_the_day))
    best = (folder / "search" / "best.yaml").read_bytes()
    records = {}
    for file in sorted((folder / "search" / "trials").glob("*/trial.json")):
        record = json.loads(file.read_text())
        for key in ("seconds", "attempts", "kills"):
            record.pop(key)
        for key in of_the_day:
            record["metrics"].pop(key, None)
        records[record["trial"]] = record
    return table.to_csv(index=False), best, records
