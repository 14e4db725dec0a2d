"""What a search does in processes of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kseg.tune.task import Outcome, Prepared, Task
from kseg.tune.trial import prepare, run_trial


@dataclass(frozen=True)
class Jobs:
    """What a search does in processes of their own; by default trainings by kseg.

    Args:
        prepare: function of a recipe's path and the work folder that returns `Prepared`.
        run_trial: function of a `Task` that returns an `Outcome`. Called again for a task that
            was interrupted it goes on, and for one that has ended it returns the same.
        grace_seconds: float, how long trials may take to save when the search ends before them.
    """

    prepare: Callable[[Path, Path], Prepared] = prepare
    run_trial: Callable[[Task], Outcome] = run_trial
    grace_seconds: float = 60.0
