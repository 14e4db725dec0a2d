import json

import pytest

from kseg.report.data_record import DataRecord


def test_the_record_of_a_run_is_read(tiny_run):
    record = DataRecord.from_dict(json.loads((tiny_run.folder / "data.json").read_text()))
    assert record.labels == ("organ", "lesion") and record.phantom
    assert len(record.train) == 4 and len(record.train_volumes_ml["organ"]) == 4
    assert record.spacing_mm == (1.5, 1.2, 1.2)


@pytest.mark.parametrize("content", [{}, {"train_volumes_ml": 3}, {"train_volumes_ml": {"a": 1}}])
def test_what_is_no_record_is_no_record(content):
    with pytest.raises((AttributeError, KeyError, TypeError)):
        DataRecord.from_dict(content)
