import pytest

from kseg.engine import JobTimedOutError, WorkerDiedError
from kseg.errors import RecipeError
from kseg.recipe import TuneSection
from kseg.tune.failure import reason_of
from kseg.tune.objective import NotFiniteError

TUNE = TuneSection(oracle="grid", time_limit="10m", space={"model.depth": {"int": (3, 5)}})


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (JobTimedOutError(600), "it ran longer than tune.time_limit (10m)"),
        (WorkerDiedError(-9), "its process was ended by signal SIGKILL, as the system"),
        (WorkerDiedError(-11), "its process was ended by signal SIGSEGV"),
        (WorkerDiedError(3), "its process was ended by exit code 3"),
        (RecipeError(why="it is\n too large", code="KS-G06"), "it is too large [KS-G06]"),
        (MemoryError(), "it ran out of memory"),
        (ValueError("the graph\n is odd"), "ValueError: the graph is odd"),
        (ValueError(), "ValueError"),
        (NotFiniteError("val_dice was nan"), "val_dice was nan"),
    ],
)
def test_every_end_has_a_sentence(error, told):
    assert reason_of(error, TUNE).startswith(told)


def test_pages_of_an_error_are_cut():
    assert len(reason_of(ValueError("x " * 9999), TUNE)) < 600
