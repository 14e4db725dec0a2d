import csv
import io

import pandas as pd
import pytest

from kseg.recipe import TuneSection
from kseg.tune.tables import pareto_table, trials_table, write_tables
from tests.tune.test_record import A_RECORD

TUNE = TuneSection(oracle="grid", space={"model.depth": {"int": (3, 5)}})


def trial(number, score, share=1.0, **changes):
    metrics = {"val_dice": score, "seconds_per_scan": 1.0, "memory_gib": 1.0}
    fields = {"values": {"model.depth": 4}, "metrics": metrics, "root": number}
    return A_RECORD.changed(trial=number, score=score, share_to=share, **(fields | changes))


def measured(number, dice, seconds, memory=1.0):
    metrics = {"val_dice": dice, "seconds_per_scan": seconds, "memory_gib": memory}
    return trial(number, dice, metrics=metrics)


def test_the_pareto_table_says_who_is_beaten_in_all():
    records = [
        measured(0, 0.9, 2.0), measured(1, 0.8, 1.0), measured(2, 0.8, 2.0),
        measured(3, 0.8, 2.0, memory=0.5), measured(4, 0.9, 2.0),
    ]  # fmt: skip
    table = pareto_table(records).set_index("trial")
    assert list(table.dominated) == [False, False, True, False, False]


@pytest.mark.parametrize("records", [[], [trial(0, 0.5, metrics={})]])
def test_tables_of_nothing_can_be_read_again(tmp_path, records):
    write_tables(tmp_path, records, TUNE)
    for name in ("trials.csv", "pareto.csv", "importance.csv"):
        assert len(pd.read_csv(tmp_path / name)) == (len(records) if "imp" not in name else 1)


def test_whole_numbers_stay_whole_beside_blanks():
    records = [trial(0, 0.5, metrics={"steps": 10}), trial(1, None, status="failed", metrics={})]
    text = trials_table(records, TUNE).to_csv(index=False)
    assert "10.0" not in text and ",10," in text


def test_null_is_told_apart_from_a_key_that_a_trial_does_not_have():
    space = {"fit.ema": {"choice": (None, 0.9)}}
    tune = TuneSection(oracle="grid", space=space)
    values = [{"fit.ema": None}, {"fit.ema": 0.9}, {}]
    records = [trial(number, 0.5, values=each) for number, each in enumerate(values)]
    assert list(trials_table(records, tune)["fit.ema"]) == ["null", 0.9, None]
    text = trials_table(records, tune).to_csv(index=False)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["fit.ema"] for row in rows] == ["null", "0.9", ""]


def test_of_a_trial_that_was_ended_early_the_table_tells_how_far_it_came():
    pruned = trial(0, 0.5, status="pruned", curve=((0.1, 0.4), (0.25, 0.5)))
    assert list(trials_table([pruned, trial(1, 0.7)], TUNE).share_to) == [0.25, 1.0]


def test_by_a_key_that_the_space_has_no_more_trials_still_differ():
    records = [trial(0, 0.5, values={"model.depth": 4, "fit.seed": 7}), trial(1, 0.6)]
    table = trials_table(records, TUNE)
    assert list(table["fit.seed"].fillna(0)) == [7, 0]
    assert list(trials_table(records[1:], TUNE)) == [name for name in table if name != "fit.seed"]
