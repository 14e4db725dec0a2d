import json

import numpy as np
import pytest

from kseg.preprocess.cache_entry import EntryError, open_entry, write_entry
from kseg.preprocess.prepare import Prepared


def prepared(value=1.0):
    return Prepared(
        voxels=np.full((2, 3, 4, 1), value, np.float16),
        labels=np.ones((2, 3, 4), np.uint8),
        box=((0, 2), (1, 4), (0, 4)),
        full_shape_zyx=(2, 5, 4),
        cropped_shape_zyx=(2, 3, 4),
        source_spacing_mm=(1.0, 1.0, 1.0),
        spacing_mm=(1.0, 1.0, 1.0),
    )


FOREGROUND = np.zeros((0, 4), np.int32)


def test_entry_comes_back_as_it_was_written(tmp_path):
    write_entry(tmp_path / "e", prepared(), FOREGROUND, 3)
    entry = open_entry(tmp_path / "e", "a", verify=True)
    assert entry.id == "a"
    assert entry.label_counts == (0, 24, 0)
    assert entry.box == ((0, 2), (1, 4), (0, 4))
    assert entry.folder == tmp_path / "e"
    np.testing.assert_array_equal(entry.open_arrays()[0], prepared().voxels)


def test_missing_entry_is_not_a_damaged_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_entry(tmp_path / "nothing", "a")


def test_first_of_two_writers_wins(tmp_path):
    write_entry(tmp_path / "e", prepared(1.0), FOREGROUND, 3)
    write_entry(tmp_path / "e", prepared(2.0), FOREGROUND, 3)
    assert open_entry(tmp_path / "e", "a").open_arrays()[0].max() == 1.0
    assert len(list(tmp_path.iterdir())) == 1


def test_equal_cases_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_entry(tmp_path / name, prepared(), FOREGROUND, 3)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


@pytest.mark.parametrize("record", ["", "[]", "{}", '{"files": {}}'])
def test_record_that_makes_no_sense_is_a_damaged_entry(tmp_path, record):
    write_entry(tmp_path / "e", prepared(), FOREGROUND, 3)
    (tmp_path / "e" / "entry.json").write_text(record)
    with pytest.raises(EntryError):
        open_entry(tmp_path / "e", "a")


def test_record_names_size_and_digest_of_each_array(tmp_path):
    write_entry(tmp_path / "e", prepared(), FOREGROUND, 3)
    record = json.loads((tmp_path / "e" / "entry.json").read_text())
    assert set(record["files"]) == {"image.npy", "labels.npy", "foreground.npy"}
    assert all(set(entry) == {"bytes", "sha256"} for entry in record["files"].values())
