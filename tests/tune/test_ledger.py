import json

import pytest

from kseg.errors import RunFolderError
from kseg.tune.ledger import Ledger, read_ledger
from tests.tune.searches import a_recipe, run


def test_it_tells_what_is_searched_and_how_far_it_is(tmp_path):
    run(tmp_path, "tune.trials=2", "tune.budget=1h")
    ledger = json.loads((tmp_path / "search" / "search.json").read_text())
    assert ledger["name"] == "stub" and ledger["oracle"] == "random"
    assert ledger["objective"] == {"metrics": {"val_dice": 1.0}, "direction": "max"}
    assert ledger["space"]["model.depth"] == {"int": [3, 5]}
    assert ledger["space"]["schedule.decay_rate"]["when"] == {"schedule.name": "exponential"}
    assert ledger["base"]["model.depth"] == 5 and ledger["base"]["schedule.decay_rate"] is None
    assert ledger["budget_seconds"] == 3600 and 0 <= ledger["spent_seconds"] < 600
    assert ledger["ended"] and not ledger["phantom"] and "2 cases" in ledger["data"]


def test_the_time_of_all_sittings_counts(tmp_path):
    ledger = Ledger(tmp_path, a_recipe(tmp_path), 100.0)
    assert 100 <= ledger.spent_seconds() < 160
    ledger.write()
    assert read_ledger(tmp_path)["spent_seconds"] >= 100


def test_where_nothing_has_begun_there_is_none(tmp_path):
    assert read_ledger(tmp_path) is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 9, "identity": {}}', '{"format": 1}', "3", "\x00"]
)
def test_H05_what_cannot_be_read_is_refused_and_the_trials_stay(tmp_path, content):
    (tmp_path / "search.json").write_text(content)
    with pytest.raises(RunFolderError) as refused:
        read_ledger(tmp_path)
    assert refused.value.code == "KS-H05" and "trials are kept" in refused.value.fix


def test_H05_without_its_ledger_a_search_goes_on_from_its_trials(tmp_path):
    before, _ = run(tmp_path, "tune.trials=3")
    (tmp_path / "search" / "search.json").unlink()
    after, _ = run(tmp_path, "tune.trials=5")
    assert after.records[:3] == before.records and len(after.records) == 5
