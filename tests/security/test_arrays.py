"""Arrays of NumPy that hold objects or claim to be endless: in kseg's own cache, and as digits."""

import io
import json

import numpy as np
import pytest

from kseg.dataset.sources.digits import open_digits
from kseg.errors import VolumeError
from kseg.preprocess.cache_entry import EntryError, open_entry
from kseg.storage import sha256_file, sha256_json, write_json
from tests.preprocess.test_cache_entry import FOREGROUND, prepared, write_entry
from tests.security import payloads
from tests.security.watch import Watch

BAD = {
    "objects": payloads.object_npy,
    "32-gib": lambda canary: payloads.endless_npy(),
    "a-pickle": payloads.pickled,
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("name", ["image.npy", "labels.npy", "foreground.npy"])
def test_an_array_in_the_cache_that_its_record_vouches_for_runs_nothing(tmp_path, kind, name):
    folder, canary = tmp_path / "e", tmp_path / payloads.CANARY
    write_entry(folder, prepared(), FOREGROUND, 3)
    (folder / name).write_bytes(BAD[kind](canary))
    record = json.loads((folder / "entry.json").read_text())
    size, digest = (folder / name).stat().st_size, sha256_file(folder / name)
    record["files"][name] |= {"bytes": size, "sha256": digest}
    del record["sha256"]
    write_json(folder / "entry.json", record | {"sha256": sha256_json(record)})
    with Watch(tmp_path) as watch, pytest.raises(EntryError, match="ValueError"):
        open_entry(folder, "a")
    assert watch.seen == [] and not canary.exists()


def digits_of_objects(canary):
    file = io.BytesIO()
    objects = np.array([payloads.Opens(canary)], object)
    names = ("x_train", "y_train", "x_test", "y_test")
    np.savez(file, **dict.fromkeys(names, objects))
    return file.getvalue()


@pytest.mark.parametrize("make", [digits_of_objects, payloads.object_npy, payloads.pickled])
def test_a_file_of_digits_that_holds_objects_is_refused(tmp_path, make):
    canary, file = tmp_path / payloads.CANARY, tmp_path / "mnist.npz"
    file.write_bytes(make(canary))
    with Watch(tmp_path) as watch, pytest.raises(VolumeError):
        open_digits(file)
    assert watch.seen == [] and not canary.exists()


def test_the_arrays_would_run_if_they_were_let(tmp_path):
    (tmp_path / "a.npy").write_bytes(payloads.object_npy(tmp_path / payloads.CANARY))
    np.load(tmp_path / "a.npy", allow_pickle=True)
    assert (tmp_path / payloads.CANARY).exists()
