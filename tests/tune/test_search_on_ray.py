"""A search whose trials are tasks of a Ray cluster on this machine."""

from functools import partial

import pytest

from kseg.engine import open_engine
from tests.tune import stub
from tests.tune.searches import outcome, run


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield


def scores(folder):
    table, _, records = outcome(folder)
    return {n: (r["values"], r["score"], r["status"]) for n, r in records.items()}


def test_ray_gives_the_trials_of_this_machine_and_a_killed_one_costs_its_retry(tmp_path):
    run(tmp_path / "local", "tune.trials=5")
    mark = str(tmp_path / "once")
    with open_engine("ray", workers=2) as engine:
        result, said = run(
            tmp_path / "ray", "tune.trials=5", engine=engine,
            run_trial=partial(stub.suicidal_trial, mark),
        )  # fmt: skip
    assert scores(tmp_path / "ray") == scores(tmp_path / "local")
    assert sum(record.attempts for record in result.records) == 6
    assert sum("was killed from outside" in line for line in said) == 1
