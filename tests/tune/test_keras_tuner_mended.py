"""What bare KerasTuner suffers from, through kseg: the other halves of `test_keras_tuner_*.py`.

Fact 2 is in `tests/recipe/test_sections_tune.py`, fact 8 and H04's estimate in `test_trial.py`,
fact 10 in `test_oracle.py`; real kills are in `test_killed.py`.
"""

import math
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from kseg.errors import KsegError, RunFolderError
from kseg.tune.task import Outcome
from tests.tune import stub
from tests.tune.inline import InlineEngine
from tests.tune.searches import outcome, run
from tests.tune.test_oracle import a_study


def test_fact_1_and_h01_a_search_needs_no_tensorboard(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.setitem(sys.modules, "tensorboard.plugins.hparams", None)
    result, _ = run(tmp_path, "tune.trials=2")
    assert [record.status for record in result.records] == ["completed"] * 2


@pytest.mark.parametrize(
    "change",
    ["tune.space={model.depth: {int: [4, 5]}}", "tune.seed=9", "tune.oracle=hyperband",
     "tune.objective={metric: loss, direction: min}"],
)  # fmt: skip
def test_fact_7_a_changed_space_seed_oracle_or_objective_is_never_taken_up_silently(
    tmp_path, change
):
    run(tmp_path, "tune.trials=2")
    length = () if "hyperband" in change else ("tune.trials=2",)
    with pytest.raises(RunFolderError) as refused:
        run(tmp_path, *length, change)
    assert refused.value.code == "KS-H07"


def test_fact_9_and_h04_failures_in_a_row_end_neither_the_search_nor_its_oracle(tmp_path):
    faults = [None, None, *[MemoryError()] * 6]
    result, _ = run(tmp_path, "tune.trials=9", engine=InlineEngine(faults=faults))
    statuses = [record.status for record in result.records]
    assert statuses == ["completed", *["failed"] * 6, "completed", "completed"]


def test_fact_9_an_oracle_that_was_told_failures_answers_other_threads():
    study = a_study()
    for number in range(5):
        study.ask()
        study.tell(number, None)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(study.ask).result(timeout=30) is not None


def test_h02_no_value_of_a_failed_trial_is_ever_handed_out_as_the_best(tmp_path):
    with pytest.raises(KsegError, match="no trial was completed") as refused:
        run(tmp_path, "tune.trials=2", engine=InlineEngine(faults=[None, *[ValueError("odd")] * 2]))
    assert "odd" in refused.value.why
    assert not (tmp_path / "search" / "best.yaml").exists()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_h03_a_score_that_is_no_number_is_a_failure_that_says_so(tmp_path, value):
    def run_trial(task):
        measured = stub.run_trial(task)
        is_second = task.folder.parent.name == "0001"
        return Outcome({**measured.metrics, "val_dice": value}) if is_second else measured

    result, _ = run(tmp_path, "tune.trials=4", run_trial=run_trial)
    second = result.records[1]
    assert second.status == "failed" and second.reason.startswith("val_dice was")
    assert result.best.trial != 1 and math.isfinite(result.best.score)


def test_h05_every_record_may_be_half_written_and_the_search_goes_on(tmp_path):
    run(tmp_path / "whole", "tune.oracle=hyperband")
    run(tmp_path / "torn", "tune.oracle=hyperband")
    trials = tmp_path / "torn" / "search" / "trials"
    for number in range(0, 9, 2):
        file = trials / f"{number:04d}" / "trial.json"
        file.write_text(file.read_text()[:77])
    result, said = run(tmp_path / "torn", "tune.oracle=hyperband")
    assert sum("cannot be read" in line for line in said) == 5
    assert len(list(trials.glob("*/trial.json.broken"))) == 5
    best = {path: outcome(tmp_path / path)[1] for path in ("whole", "torn")}
    assert best["whole"] == best["torn"] and not any(r.is_running for r in result.records)


@pytest.mark.parametrize("oracle", ["random", "hyperband"])
def test_h06_a_search_that_ends_in_its_first_trial_goes_on_with_it(tmp_path, oracle):
    class Killed(BaseException):
        pass

    def run_trial(task):
        raise Killed

    changes = [f"tune.oracle={oracle}"] + ["tune.trials=3"] * (oracle == "random")
    with pytest.raises(Killed):
        run(tmp_path / "killed", *changes, run_trial=run_trial)
    result, _ = run(tmp_path / "killed", *changes)
    run(tmp_path / "whole", *changes)
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "whole")
    assert result.records[0].attempts == 2


def test_h07_a_folder_of_another_oracle_is_refused_both_ways(tmp_path):
    for first, second in (("random", "hyperband"), ("hyperband", "random")):
        folder = tmp_path / first
        changes = {name: [f"tune.oracle={name}"] for name in ("random", "hyperband")}
        changes["random"].append("tune.trials=3")
        run(folder, *changes[first])
        with pytest.raises(RunFolderError, match=f"tune.oracle: {first} -> {second}"):
            run(folder, *changes[second])
