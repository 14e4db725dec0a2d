"""What a search makes of records that a disk or a hand has spoilt."""

import json

import pytest

from tests.tune.inline import InlineEngine
from tests.tune.searches import outcome, run


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', "\x00" * 40, "[" * 100_000])
def test_H05_a_broken_record_is_set_aside_and_its_trial_run_again(tmp_path, content):
    run(tmp_path / "whole")
    run(tmp_path / "broken")
    record = tmp_path / "broken" / "search" / "trials" / "0003" / "trial.json"
    record.write_text(content)
    engine = InlineEngine()
    _, said = run(tmp_path / "broken", engine=engine)
    assert len(engine.submitted) == 2
    assert any("the record of trial 3 cannot be read" in line for line in said)
    assert record.with_name("trial.json.broken").read_text() == content
    one, other = outcome(tmp_path / "whole"), outcome(tmp_path / "broken")
    assert one[:2] == other[:2]


def test_H05_a_broken_record_of_hyperband_costs_its_own_trial_alone(tmp_path):
    before, _ = run(tmp_path, "tune.oracle=hyperband")
    (tmp_path / "search" / "trials" / "0001" / "trial.json").write_text("{")
    engine = InlineEngine()
    after, _ = run(tmp_path, "tune.oracle=hyperband", engine=engine)
    assert len(engine.submitted) == 2 and len(after.records) == len(before.records) == 23
    assert [r.score for r in after.records] == [r.score for r in before.records]
    assert after.best.trial == before.best.trial


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": {"val_dice": "high"}}, {"values": {"model": {"depth": 3}}},
        {"seconds": 10**400}, {"continues": 3},
    ],
)  # fmt: skip
def test_H05_a_record_of_which_one_field_is_spoilt_is_set_aside_too(tmp_path, change):
    run(tmp_path)
    file = tmp_path / "search" / "trials" / "0003" / "trial.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    result, said = run(tmp_path)
    assert any("the record of trial 3 cannot be read" in line for line in said)
    assert len(result.records) == 8 and result.records[3].status == "completed"


def test_H05_a_folder_in_the_place_of_a_record_is_set_aside_too(tmp_path):
    run(tmp_path)
    file = tmp_path / "search" / "trials" / "0003" / "trial.json"
    file.unlink()
    file.mkdir()
    result, _ = run(tmp_path)
    assert file.is_file() and file.with_name("trial.json.broken").is_dir()
    assert result.records[3].status == "completed"


def test_a_trial_that_did_not_measure_the_objective_has_failed_and_ends_nothing(tmp_path):
    run(tmp_path)
    file = tmp_path / "search" / "trials" / "0003" / "trial.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"metrics": {}}))
    result, _ = run(tmp_path)
    assert result.records[3].reason == "tune.objective: a trial does not measure val_dice"
    assert [r.status for r in result.records].count("completed") == 7
