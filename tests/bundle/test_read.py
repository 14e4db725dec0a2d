import json
import shutil
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from kseg.bundle import read_model, read_weights, write_weights
from kseg.errors import ModelFileError
from kseg.storage import sha256_file
from tests.bundle.archives import zip_model
from tests.bundle.folders import description, edit, renew_digest, write_plain_folder

JSON, WEIGHTS = "model.json", "weights.safetensors"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_plain_folder(tmp_path_factory.mktemp("written") / "model")


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path / "model")


def refused(path, file, code, read=read_model):
    with pytest.raises(ModelFileError) as caught:
        read(path)
    error = caught.value
    assert error.file == str(file)
    assert error.code == code
    assert error.fix
    assert error.exit_code == 2
    return error.why


def test_what_it_says_is_what_was_written(folder):
    read = read_model(folder)
    assert read.description == description()
    assert read.digest == sha256_file(folder / WEIGHTS)
    assert [(tensor.name, tensor.shape, tensor.dtype) for tensor in read.tensors] == [
        ("a/kernel", (3, 4), "float32"),
        ("b/bias", (5,), "float32"),
    ]
    arrays = read_weights(read)
    np.testing.assert_array_equal(arrays["a/kernel"], np.ones((3, 4)))


def test_weights_of_another_model_are_refused(folder):
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (folder / WEIGHTS).write_bytes(data)
    assert "are not the ones" in refused(folder, folder / WEIGHTS, "KS-M02")


def test_cut_off_weights_are_refused(folder):
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[: len(data) // 2])
    renew_digest(folder)
    assert "no usable weights" in refused(folder, folder / WEIGHTS, "KS-M02")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[1, 2]", "must hold a JSON object"),
        ("[" * 100_000, "must nest at most"),
        ('{"format": 2, "padding": "' + "x" * (2 << 20) + '"}', "at most 1048576 bytes"),
        ('{"format": 2, "format": 2}', "must stand once"),
        ('{"format": 2}', "`weights` must be a mapping"),
        ('{"class_name": "Functional", "module": "keras", "config": {}}', "`format` must be"),
    ],
)
def test_what_is_no_description_is_refused(folder, text, why):
    (folder / JSON).write_text(text)
    assert why in refused(folder, folder / JSON, "KS-M03")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"file": "../../etc/passwd"}, "`weights.file` must be one of weights.safetensors"),
        ({"file": "/etc/passwd"}, "`weights.file`"),
        ({"file": "weights.h5"}, "`weights.file`"),
        ({"sha256": "0"}, "`weights.sha256` must be 64 hex digits"),
        ({"sha256": None}, "`weights.sha256`"),
        ({"more": 1}, "`weights.'more'` must not be there"),
    ],
)
def test_a_record_of_other_weights_is_refused(folder, changes, why):
    edit(folder, lambda data: data["weights"].update(changes))
    assert why in refused(folder, folder / JSON, "KS-M03")


def test_a_field_that_is_wrong_is_named(folder):
    edit(folder, lambda data: data["predict"].update(overlap=1.5))
    why = refused(folder, folder / JSON, "KS-M03")
    assert why == (
        "it does not describe a model: `predict.overlap` must be a number from 0 to 0.9. "
        "Received: 1.5."
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers_are_refused_by_name(folder, value):
    arrays = {"good": np.ones(3, "float32"), "bad": np.array([0, value], "float16")}
    write_weights(folder / WEIGHTS, arrays)
    renew_digest(folder)
    read = read_model(folder)
    assert "'bad' must hold finite" in refused(read, folder / WEIGHTS, "KS-M02", read_weights)


def test_weights_that_change_between_two_reads_are_refused(folder):
    """Also to weights of the same size: what is used is what was hashed."""
    read = read_model(folder)
    write_plain_folder(folder, fill=7.0)
    assert "was changed" in refused(read, folder / WEIGHTS, "KS-M02", read_weights)
    (folder / WEIGHTS).write_bytes(b"")
    assert "was changed" in refused(read, folder / WEIGHTS, "KS-M02", read_weights)


@pytest.mark.parametrize("is_zip", [False, True])
def test_reading_takes_at_most_twice_the_memory_of_the_file(folder, tmp_path, is_zip):
    size = 24 << 20
    write_weights(folder / WEIGHTS, {"a": np.ones(size // 4, "float32")})
    renew_digest(folder)
    path = zip_model(tmp_path / "m.zip", folder) if is_zip else folder
    tracemalloc.start()
    try:
        read = read_model(path)
        _, peak_of_inspection = tracemalloc.get_traced_memory()
        arrays = read_weights(read)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert arrays["a"].nbytes == size
    assert peak_of_inspection < 8 << 20
    assert peak < 1.5 * size


PROGRAM = """
import json, sys
from pathlib import Path
from kseg.bundle import load_network, read_model
from kseg.errors import ModelFileError
import kseg
refusals = []
for path in sys.argv[2:]:
    try:
        kseg.load(path)
    except ModelFileError as error:
        refusals.append(error.code)
try:
    load_network(read_model(sys.argv[1]))
except ModelFileError as error:
    refusals.append(error.code)
heavy = [name for name in ("tensorflow", "keras", "h5py") if name in sys.modules]
print(json.dumps([refusals, heavy]))
"""


def test_a_bad_model_is_refused_before_tensorflow_is_imported(folder, tmp_path):
    foreign = write_plain_folder(tmp_path / "foreign", network="os:system")
    edit(folder, lambda data: data.update(channels=[]))
    (tmp_path / "model.keras").touch()
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, foreign, folder, tmp_path / "model.keras", tmp_path / "no"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(ended.stdout) == [["KS-M03", "KS-M01", "KS-M01", "KS-M07"], []]
