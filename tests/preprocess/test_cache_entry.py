import io
import json
import os
import pickle
import resource

import numpy as np
import pytest

from kseg.preprocess.cache_entry import EntryError, last_used, open_entry, write_entry
from kseg.preprocess.prepare import Prepared
from kseg.storage import sha256_bytes, sha256_json


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
    entry = open_entry(tmp_path / "e", "a")
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


def record_of(folder):
    return json.loads((folder / "entry.json").read_text())


def put_in(folder, name, content):
    """Replace a file of an entry, and make the record agree with it as an attacker would."""
    (folder / name).write_bytes(content)
    record = record_of(folder)
    del record["sha256"]
    record["files"][name] = {"bytes": len(content), "sha256": sha256_bytes(content)}
    (folder / "entry.json").write_text(json.dumps(record | {"sha256": sha256_json(record)}))


def npy(descr, shape, content=b""):
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + content


class Canary:
    """Makes a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.filterwarnings("ignore:overflow encountered")
@pytest.mark.parametrize("name", ["image.npy", "labels.npy", "foreground.npy"])
def test_G12_a_small_file_that_demands_32_gib_is_refused_before_any_of_it_is_taken(tmp_path, name):
    write_entry(tmp_path / "e", prepared(), FOREGROUND, 3)
    for shape in ((2**34,), (2**20, 2**7, 2**7), (2**60, 2**60, 4), (-1, 4)):
        put_in(tmp_path / "e", name, npy("<f2", shape))
        with pytest.raises(EntryError):
            open_entry(tmp_path / "e", "a")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 20 * 2**20  # in KiB


def test_G12_an_array_of_objects_is_refused_and_never_unpickled(tmp_path):
    write_entry(tmp_path / "e", prepared(), FOREGROUND, 3)
    canary = tmp_path / "canary"
    content = pickle.dumps(np.array([Canary(str(canary))], object))
    put_in(tmp_path / "e", "image.npy", npy("|O", (1,), content))
    with pytest.raises(EntryError):
        open_entry(tmp_path / "e", "a")
    assert not canary.exists()


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 5, 1), (1, 2, 3, 4, 1)])
def test_G12_an_array_of_another_shape_than_the_record_says_is_refused(tmp_path, shape):
    write_entry(tmp_path / "e", prepared(), FOREGROUND, 3)
    put_in(tmp_path / "e", "image.npy", npy("<f2", shape, bytes(2 * np.prod(shape))))
    with pytest.raises(EntryError, match="shapes"):
        open_entry(tmp_path / "e", "a")


def test_G12_no_flipped_bit_of_an_entry_goes_unnoticed(tmp_path):
    write_entry(tmp_path / "e", prepared(), FOREGROUND, 3)
    whole = open_entry(tmp_path / "e", "a")
    for file in sorted((tmp_path / "e").iterdir()):
        content = file.read_bytes()
        for place in range(len(content)):
            damaged = bytearray(content)
            damaged[place] ^= 1 << place % 8
            file.write_bytes(damaged)
            try:
                # Nothing but the space between the words of the record may differ.
                assert open_entry(tmp_path / "e", "a") == whole and file.name == "entry.json"
            except EntryError:
                pass
        file.write_bytes(content)


def test_arrays_are_written_as_numpy_writes_them(tmp_path):
    write_entry(tmp_path / "e", prepared(), FOREGROUND, 3)
    for name, array in (("image", prepared().voxels), ("foreground", FOREGROUND)):
        np.save(tmp_path / "by_numpy.npy", array)
        assert (tmp_path / "e" / f"{name}.npy").read_bytes() == (
            tmp_path / "by_numpy.npy"
        ).read_bytes()


def age(folder, seconds_since_1970):
    for path in (*folder.iterdir(), folder):
        os.utime(path, (seconds_since_1970, seconds_since_1970))


def test_a_sound_entry_of_another_user_is_used_though_its_time_cannot_be_set(tmp_path, monkeypatch):
    write_entry(tmp_path / "e", prepared(), FOREGROUND, 3)

    def forbidden(path):
        raise PermissionError(1, "Operation not permitted", str(path))

    monkeypatch.setattr(os, "utime", forbidden)
    assert open_entry(tmp_path / "e", "a").id == "a"


def test_an_entry_is_used_when_it_is_opened_and_when_its_arrays_or_files_are(tmp_path):
    write_entry(tmp_path / "e", prepared(), FOREGROUND, 3)
    age(tmp_path / "e", 1e9)
    assert last_used(tmp_path / "e") == 1e9
    entry = open_entry(tmp_path / "e", "a")
    assert last_used(tmp_path / "e") > 1e9
    age(tmp_path / "e", 1e9)
    entry.open_arrays()
    assert last_used(tmp_path / "e") > 1e9
    age(tmp_path / "e", 1e9)
    os.utime(entry.labels, (1.2e9, 1e9))
    assert last_used(tmp_path / "e") == 1.2e9
    assert last_used(tmp_path / "nothing") == 0
