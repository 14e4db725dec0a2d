import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kseg.tune.record import TrialRecord

A_RECORD = TrialRecord(
    trial=3, proposal={"patches.size": "[1, 2]"},
    values={"patches.size": (1, (2, 3)), "fit.ema": None}, continues=None, root=3, share_from=0.0,
    share_to=1 / 9, asked=4, told=7, status="completed", score=0.5,
    metrics={"val_dice": 0.5, "val_dice_liver": None}, curve=((0.1, 0.5),), seconds=3.0,
    attempts=2,
)  # fmt: skip


def written(record):
    return json.loads(json.dumps(record.to_dict()))


def test_a_record_comes_back_as_it_was():
    assert TrialRecord.from_dict(written(A_RECORD)) == A_RECORD
    running = A_RECORD.changed(told=None, status="running", score=None)
    assert TrialRecord.from_dict(written(running)) == running and running.is_running


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2}, {"trial": "3"}, {"status": "done"}, {"told": None}, {"status": "running"},
        {"colour": 1}, {"curve": [1]}, {"curve": [["a", 2]]}, {"values": 3}, {"asked": None},
        {"metrics": {"val_dice": "high"}}, {"metrics": {"val_dice": [1]}}, {"metrics": [1]},
        {"metrics": {"val_dice": 10**400}}, {"seconds": 10**400}, {"values": {"model": {}}},
        {"values": {"fit.ema": [None]}},
        {"proposal": {"model.depth": None}}, {"continues": 3}, {"share_to": 0.0}, {"share_to": 2.0},
        {"share_from": 0.5}, {"curve": [[0.1, 10**400]]},
    ],
)  # fmt: skip
def test_what_is_no_record_is_refused(change):
    with pytest.raises(ValueError):
        TrialRecord.from_dict(written(A_RECORD) | change)


@pytest.mark.parametrize("key", ["trial", "proposal", "asked", "share_to", "root"])
def test_a_record_without_a_field_is_refused(key):
    data = written(A_RECORD)
    del data[key]
    with pytest.raises(ValueError):
        TrialRecord.from_dict(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(key=st.sampled_from(sorted(A_RECORD.to_dict())), value=json_values)
def test_any_field_of_any_kind_is_a_record_or_a_value_error(key, value):
    try:
        TrialRecord.from_dict(written(A_RECORD) | {key: value})
    except ValueError:
        pass
