import math

from kseg.report.search.files import read_search
from kseg.report.search.trial_table import trial_table
from tests.report.search.samples import EVIL, OOM, hyperband_trials, random_trials, write_search


def table_of(folder):
    return trial_table(read_search(folder))


def test_no_trial_is_left_out_and_failed_ones_stand_last_with_their_reason(tmp_path):
    table = table_of(write_search(tmp_path))
    assert sorted(line.number for line in table.lines) == list(range(14))
    assert [line.status for line in table.lines] == ["completed"] * 12 + ["failed"] * 2
    assert table.lines[-2].reason == OOM
    assert [line.is_best for line in table.lines] == [True] + [False] * 13


def test_the_best_is_on_top_and_shorter_trainings_follow_the_long_ones(tmp_path):
    lines = table_of(write_search(tmp_path)).lines
    assert [line.share for line in lines[:3]] == ["33 to 100", "33 to 100", "100"]
    scores = [line.score for line in lines[3:12]]
    assert scores == sorted(scores, reverse=True)
    assert (lines[0].number, lines[0].continues) == (8, "6")


def test_values_stand_in_the_order_of_the_space_and_inactive_ones_are_blank(tmp_path):
    table = table_of(write_search(tmp_path))
    row = dict(zip(table.keys, table.lines[0].values, strict=True))
    assert row["schedule.name"] == "poly" and row["schedule.decay_rate"] == ""
    assert row["optimizer.learning_rate"] == "0.006707"


def test_the_metric_that_is_the_score_is_not_shown_twice_and_units_are_told(tmp_path):
    table = table_of(write_search(tmp_path / "a"))
    titles = [(column.title, column.unit) for column in table.columns]
    assert ("Validation Dice", "") not in titles and ("Time per scan", "s") in titles
    assert ("Dice of anterior", "") in titles
    objective = {"metrics": {"val_dice": 2.0}, "direction": "max"}
    table = table_of(write_search(tmp_path / "b", objective=objective))
    assert table.columns[0].title == "Validation Dice"


def test_a_column_that_nothing_was_measured_for_is_left_out(tmp_path):
    trials = [row | {"memory_gib": None} for row in random_trials(2)]
    folder = write_search(tmp_path / "a", trials=random_trials(2))
    before = {column.title for column in table_of(folder).columns}
    for row in trials:
        row["memory_gib"] = math.nan
    after = {
        column.title for column in table_of(write_search(tmp_path / "b", trials=trials)).columns
    }
    assert before - after == {"Memory"}


def test_an_evil_reason_is_kept_as_it_is(tmp_path):
    trials = hyperband_trials()
    trials[2]["reason"] = EVIL
    assert table_of(write_search(tmp_path, trials=trials)).lines[-2].reason == EVIL
