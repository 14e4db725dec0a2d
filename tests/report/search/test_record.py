import math

import pytest

from kseg.report.search.record import SearchRecord
from tests.report.search.samples import record


def test_a_record_is_read_whole():
    read = SearchRecord.from_dict(record())
    assert (read.name, read.oracle, read.seed, read.is_max) == (
        "hippocampus",
        "hyperband",
        "1",
        True,
    )
    assert [dimension.key for dimension in read.space] == list(record()["space"])
    assert read.base["augment.flip.enabled"] == "true"
    # The base recipe does not read this key, and that is not a value called null.
    assert "schedule.decay_rate" not in read.base
    clipped = SearchRecord.from_dict(record(base={"optimizer.clip_norm": None}))
    assert clipped.base == {"optimizer.clip_norm": "null"}
    assert (read.budget_seconds, read.spent_seconds) == (2400, 2287)


def test_a_search_that_goes_on_has_no_end_and_no_budget_is_no_number():
    read = SearchRecord.from_dict(record(ended=None, budget_seconds=None))
    assert read.ended == "" and math.isnan(read.budget_seconds)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"objective": {"metrics": {"val_dice": 1.0}, "direction": "up"}},
        {"objective": {"metrics": ["val_dice"], "direction": "max"}},
        {"space": []},
        {"space": {"a": {"int": [2]}}},
        {"base": None},
    ],
)
def test_what_is_no_such_record_is_refused(changes):
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        SearchRecord.from_dict(record(**changes))


def test_a_record_without_a_name_is_refused():
    content = record()
    del content["name"]
    with pytest.raises(KeyError):
        SearchRecord.from_dict(content)


def test_the_base_has_its_values_as_the_space_writes_them():
    space = {"optimizer.clip_norm": {"choice": [None, 12]}, "model.depth": {"int": [3, 5]}}
    base = {"optimizer.clip_norm": 12.0, "model.depth": 4}
    assert SearchRecord.from_dict(record(space=space, base=base)).base == {
        "optimizer.clip_norm": "12",
        "model.depth": "4",
    }
