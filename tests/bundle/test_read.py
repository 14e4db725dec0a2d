import copy
import json
import shutil

import pytest

from kseg.bundle import find_model_folder, load_network, read_model
from kseg.errors import ModelFileError
from kseg.storage import sha256_file
from tests.bundle.folders import description, edit, write_folder

JSON, WEIGHTS = "model.json", "weights.safetensors"
BAD_VALUES = [None, "x", -1, 0, 1e999, 10**40, True, [], {}, [None], {"x": 1}]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("written") / "model")


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path / "model")


def refused(path, file, code):
    with pytest.raises(ModelFileError) as caught:
        read_model(path)
    error = caught.value
    assert error.file == str(file)
    assert error.code == code
    assert error.fix
    assert error.exit_code == 2
    return error.why


def test_a_run_folder_and_its_model_folder_are_the_same_model(folder):
    assert find_model_folder(folder.parent) == find_model_folder(folder) == folder
    read = read_model(folder.parent)
    assert read == read_model(folder)
    assert read.digest == sha256_file(read.weights)
    assert read.description == description()


def test_a_folder_without_a_model_is_refused(tmp_path):
    assert "no model.json" in refused(tmp_path, tmp_path, "KS-M01")
    assert "no model.json" in refused(tmp_path / "gone", tmp_path / "gone", "KS-M01")


def test_weights_of_another_model_are_refused(folder):
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (folder / WEIGHTS).write_bytes(data)
    assert "are not the ones" in refused(folder, folder / WEIGHTS, "KS-M02")


def test_cut_off_weights_are_refused(folder):
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[: len(data) // 2])
    assert "are not the ones" in refused(folder, folder / WEIGHTS, "KS-M02")


def test_missing_weights_are_refused(folder):
    (folder / WEIGHTS).unlink()
    assert "missing" in refused(folder, folder / WEIGHTS, "KS-M02")


@pytest.mark.parametrize("version", [0, 3, "1", None])
def test_another_format_is_refused(folder, version):
    edit(folder, lambda data: data.update(format=version))
    why = refused(folder, folder / JSON, "KS-M03")
    assert why == f"its format must be 1 or 2. Received: format {version!r}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[1, 2]", "must hold a JSON object"),
        ('"kseg"', "must hold a JSON object"),
        ("[" * 100_000, "cannot be read"),
        ("\x00", "cannot be read"),
    ],
)
def test_what_is_no_json_object_is_refused(folder, text, why):
    (folder / JSON).write_text(text)
    assert why in refused(folder, folder / JSON, "KS-M03")


def test_bytes_that_are_no_text_are_refused(folder):
    (folder / JSON).write_bytes(b"\xff\xfe{}")
    refused(folder, folder / JSON, "KS-M03")


def test_a_description_too_large_to_be_one_is_refused_unread(folder):
    edit(folder, lambda data: data.update(padding="x" * (1 << 20)))
    assert "at most 1048576 bytes" in refused(folder, folder / JSON, "KS-M03")


def places(data, path=()):
    """Yield the path of every value in nested data."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def spoilt(data, path, value):
    data = copy.deepcopy(data)
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return data


def test_any_value_in_any_place_is_read_or_refused_in_kind(folder):
    """A description from a stranger may hold anything; it never ends in a bare traceback."""
    data = json.loads((folder / JSON).read_text())
    cases = [(path, value) for path in places(data) for value in BAD_VALUES]
    assert len(cases) > 400
    refusals = 0
    for path, value in cases:
        (folder / JSON).write_text(json.dumps(spoilt(data, path, value)))
        try:
            read_model(folder)
        except ModelFileError:
            refusals += 1
    assert refusals > 200


@pytest.mark.timeout(60)
@pytest.mark.parametrize("section", ["network", "channels", "labels"])
def test_any_value_in_the_network_is_built_or_refused_in_kind(folder, section):
    data = json.loads((folder / JSON).read_text())
    for path in places({section: data[section]}):
        for value in (None, "x", 0, 1e999, 10**40, [], {"x": 1}):
            (folder / JSON).write_text(json.dumps(spoilt(data, path, value)))
            try:
                load_network(read_model(folder))
            except ModelFileError:
                pass


@pytest.mark.parametrize("version", [1, 2])
def test_a_format_that_does_not_fit_the_outputs_is_refused(folder, version):
    regions = {"labels": {"whole": [1, 2], "core": [2]}, "regions_class_order": [1, 2]}

    def change(data):
        data.update({"format": version, **({"regions": regions} if version == 1 else {})})

    edit(folder, change)
    assert "do not go together" in refused(folder, folder / JSON, "KS-M03")
