import pickle
import subprocess
import sys
from pathlib import Path

from kseg.recipe import TuneSection
from kseg.tune.task import Outcome, Prepared, Task

TUNE = TuneSection(oracle="grid", space={"model.depth": {"int": (3, 5)}})


def test_tasks_and_outcomes_travel_between_processes():
    task = Task(Path("a.yaml"), Path("run"), Path("work"), 1 / 9, TUNE, (((0.5, 0.7),),), 10)
    outcome = Outcome({"val_dice": 0.5, "loss": None}, ((0.5, 0.7),), True, "epoch\n1\n")
    prepared = Prepared({"train": {"a": "1"}}, "one case", True)
    for sent in (task, outcome, prepared):
        assert pickle.loads(pickle.dumps(sent)) == sent


def test_a_process_that_takes_a_task_waits_for_neither_keras_nor_the_oracles():
    code = (
        "import sys, kseg.tune.trial, kseg.tune.task; "
        "print({'keras', 'tensorflow', 'keras_tuner', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
