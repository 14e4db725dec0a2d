"""A search in a process of its own: `python -m tests.tune.killed FOLDER SECONDS [CHANGE]...`."""

import sys
from functools import partial
from pathlib import Path

from kseg.engine import LocalEngine
from kseg.tune import Jobs, search
from tests.tune import stub
from tests.tune.searches import a_recipe


def main(folder: Path, seconds: float, changes: list[str]) -> None:
    run_trial = partial(stub.run_trial, wait_seconds=seconds)
    loaded = a_recipe(folder, *changes)
    engine, jobs = LocalEngine(1), Jobs(stub.prepare, run_trial, 1.0)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    search(loaded, folder / "search", folder / "work", engine, lambda line: None, jobs=jobs)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
