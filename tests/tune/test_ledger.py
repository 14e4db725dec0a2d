import json

import pytest

from kseg.errors import RunFolderError
from kseg.tune.identity import search_identity
from kseg.tune.ledger import Ledger, read_ledger
from tests.tune.searches import a_recipe, run


def test_it_tells_what_is_searched_and_how_far_it_is(tmp_path):
    run(tmp_path, "tune.trials=2", "tune.budget=1h")
    ledger = json.loads((tmp_path / "search" / "search.json").read_text())
    assert ledger["name"] == "stub" and ledger["oracle"] == "random"
    assert ledger["objective"] == {"metrics": {"val_dice": 1.0}, "direction": "max"}
    assert ledger["space"]["model.depth"] == {"int": [3, 5]}
    assert ledger["space"]["schedule.decay_rate"]["when"] == {"schedule.name": "exponential"}
    assert ledger["base"]["model.depth"] == 5 and "schedule.decay_rate" not in ledger["base"]
    assert ledger["budget_seconds"] == 3600 and 0 <= ledger["spent_seconds"] < 600
    assert ledger["ended"] and not ledger["phantom"] and "2 cases" in ledger["data"]


def test_null_is_told_as_a_value_of_the_space_of_its_conditions_and_of_the_base(tmp_path):
    space = "{fit.ema: {choice: [null, 0.9]}, fit.seed: {int: [1, 3], when: {fit.ema: null}}}"
    loaded = a_recipe(tmp_path, f"tune.space={space}")
    ledger = Ledger(tmp_path, loaded, 0.0)
    ledger.identity = search_identity(loaded.recipe, {})
    ledger.write()
    written = read_ledger(tmp_path)
    assert written["space"]["fit.ema"] == {"choice": [None, 0.9]}
    assert written["space"]["fit.seed"]["when"] == {"fit.ema": None}
    assert written["base"]["fit.ema"] is None and "schedule.decay_rate" not in written["base"]


def test_the_time_of_all_sittings_counts(tmp_path):
    loaded = a_recipe(tmp_path)
    ledger = Ledger(tmp_path, loaded, 100.0)
    ledger.identity = search_identity(loaded.recipe, {})
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


@pytest.mark.parametrize(
    "change",
    [
        {"identity": {}}, {"identity": {"data": 3}}, {"identity": None}, {"accepted": None},
        {"accepted": [3]}, {"spent_seconds": None}, {"spent_seconds": "3"},
        {"spent_seconds": 10**400}, {"spent_seconds": float("inf")}, {"data.train": 3},
        {"data.validation": None}, {"identity.tune": []}, {"identity.kseg": 1},
    ],
)  # fmt: skip
def test_H05_a_field_that_is_not_what_it_was_is_found_before_anything_goes_on_from_it(
    tmp_path, change
):
    run(tmp_path, "tune.trials=1")
    file = tmp_path / "search" / "search.json"
    content = json.loads(file.read_text())
    ((key, value),) = change.items()
    places = {"data": content["identity"]["data"], "identity": content["identity"]}
    *section, name = key.split(".")
    (places[section[0]] if section else content)[name] = value
    file.write_text(json.dumps(content))
    with pytest.raises(RunFolderError) as refused:
        read_ledger(tmp_path / "search")
    assert refused.value.code == "KS-H05"


def test_H05_a_ledger_nested_beyond_reason_or_in_the_place_of_a_folder_is_refused(tmp_path):
    file = tmp_path / "search.json"
    file.write_text("[" * 100_000)
    with pytest.raises(RunFolderError, match="cannot be read"):
        read_ledger(tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(RunFolderError, match="cannot be read"):
        read_ledger(tmp_path)
