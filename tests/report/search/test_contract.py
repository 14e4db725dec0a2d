"""What `kseg tune` writes, read and shown; the trials are stubs, the search is a real one."""

import json
import warnings

import pandas as pd
import pytest

from kseg.report import write_search_report
from kseg.report.search.files import read_search
from kseg.report.search.gather import search_content
from tests.tune import searches, stub


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """The result of a search by hyperband, and its folder."""
    with warnings.catch_warnings():
        # KerasTuner asks threads for their names as Python 3.10 no longer likes it.
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="keras_tuner")
        result, _ = searches.run(tmp_path_factory.mktemp("tune"), "tune.oracle=hyperband")
    return result


def test_the_page_and_the_search_have_one_winner(searched):
    files = read_search(searched.folder)
    assert files.trials.best.number == searched.best.trial
    assert files.trials.best.score == pytest.approx(searched.best.score)
    assert {key: files.trials.best.values[key] for key in ("model.depth", "schedule.name")} == {
        "model.depth": str(searched.best.values["model.depth"]),
        "schedule.name": searched.best.values["schedule.name"],
    }


def test_every_trial_and_every_curve_is_found(searched):
    files = read_search(searched.folder)
    assert files.notes == () and files.has_best
    assert [trial.number for trial in files.trials.all] == [r.trial for r in searched.records]
    roots = {record.root for record in searched.records}
    assert {each.number for each in files.trials.configurations} == set(files.histories) == roots


def test_promotions_and_the_front_are_those_of_the_search(searched):
    files = read_search(searched.folder)
    assert {trial.number: trial.continues for trial in files.trials.all} == {
        record.trial: record.continues for record in searched.records
    }
    table = pd.read_csv(searched.folder / "pareto.csv")
    assert dict(files.dominated) == dict(zip(table.trial, table.dominated, strict=True))
    assert {trial.number for trial in files.trials.longest} == set(table.trial)


def test_every_key_of_the_space_is_drawn_and_its_choices_are_known(searched):
    page = search_content(read_search(searched.folder))
    space = json.loads((searched.folder / "search.json").read_text())["space"]
    assert [chart.title for chart in page.values] == list(space)
    sizes = next(line for line in page.settings if line.key == "patches.size")
    assert sizes.searched == "[32, 64, 64] or [64, 96, 96]" and sizes.best in sizes.searched


def test_the_page_is_written(searched, tmp_path):
    page = write_search_report(searched.folder, out=tmp_path / "page.html")
    assert f"trial {searched.best.trial}" in page.read_text()


def test_trials_of_a_space_that_was_larger_once_are_still_told_apart(tmp_path):
    searches.run(tmp_path, "tune.trials=3")
    smaller = "tune.space={optimizer.learning_rate: null}"
    result, _ = searches.run(tmp_path, "tune.trials=5", smaller, accept_changes=True)
    files = read_search(result.folder)
    assert files.record.former == ("optimizer.learning_rate",)
    assert "optimizer.learning_rate" not in files.metrics
    rates = [trial.values.get("optimizer.learning_rate") for trial in files.trials.all]
    assert len(set(rates[:3])) == 3 and rates[3:] == [None, None]
    table = search_content(files).trials
    column = table.keys.index("optimizer.learning_rate")
    assert sum(bool(line.values[column]) for line in table.lines) == 3


def test_the_page_can_be_read_while_the_first_trial_of_a_changed_space_runs(tmp_path):
    searches.run(tmp_path, "tune.trials=2")
    seen = []

    def look_and_run(task):
        seen.append(read_search(tmp_path / "search").record.keys)
        return stub.run_trial(task)

    changed = "tune.space={optimizer.learning_rate: null, model.filters: {choice: [8, 16]}}"
    searches.run(tmp_path, "tune.trials=3", changed, accept_changes=True, run_trial=look_and_run)
    assert {"optimizer.learning_rate", "model.filters"} <= set(*seen)
