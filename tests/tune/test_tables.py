import pandas as pd
import pytest

from kseg.recipe import TuneSection, load_recipe
from kseg.tune.tables import (
    best_trial,
    longest_trials,
    pareto_table,
    trials_table,
    write_best,
    write_tables,
)
from tests.tune.searches import a_recipe
from tests.tune.test_record import A_RECORD

TUNE = TuneSection(oracle="grid", space={"model.depth": {"int": (3, 5)}})


def trial(number, score, share=1.0, **changes):
    metrics = {"val_dice": score, "seconds_per_scan": 1.0, "memory_gib": 1.0}
    fields = {"values": {"model.depth": 4}, "metrics": metrics, "root": number}
    return A_RECORD.changed(trial=number, score=score, share_to=share, **(fields | changes))


def measured(number, dice, seconds, memory=1.0):
    metrics = {"val_dice": dice, "seconds_per_scan": seconds, "memory_gib": memory}
    return trial(number, dice, metrics=metrics)


def test_the_best_is_looked_for_among_the_longest_trainings():
    records = [trial(0, 0.9, 1 / 9), trial(1, 0.7), trial(2, 0.8), trial(3, 0.8)]
    assert [r.trial for r in longest_trials(records)] == [1, 2, 3]
    assert best_trial(records, TUNE).trial == 2
    assert best_trial(records[:1], TUNE).trial == 0
    assert best_trial([], TUNE) is None


def test_a_trial_that_was_ended_early_or_failed_is_never_the_best():
    records = [trial(0, 0.9, status="pruned"), trial(1, 0.5), trial(2, None, status="failed")]
    assert best_trial(records, TUNE).trial == 1


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


def test_the_winner_finds_the_data_of_the_base_recipe_from_everywhere(tmp_path):
    (tmp_path / "scans").mkdir()
    loaded = a_recipe(tmp_path, "data.root=null")
    loaded = load_recipe(loaded.path, ["tune.trials=1"], {"data.root": str(tmp_path / "scans")})
    (tmp_path / "out").mkdir()
    best = trial(0, 0.5, values={"model.depth": 3, "schedule.name": "exponential"})
    write_best(tmp_path / "out", loaded, best)
    again = load_recipe(tmp_path / "out" / "best.yaml")
    assert again.data_root == tmp_path / "scans"
    assert again.recipe.schedule.name == "exponential" and again.recipe.schedule.power is None
    assert again.recipe.fit.steps == 900 and again.recipe.model.depth == 3
    assert "trial 0" in (tmp_path / "out" / "best.yaml").read_text()
