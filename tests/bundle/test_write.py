import json

import numpy as np
import pytest

from kseg.bundle import load_network, read_model, write_model
from kseg.storage import sha256_file
from tests.bundle.folders import arrays_of, description, network, write_folder


def test_what_was_written_is_read_back_bit_for_bit(tmp_path):
    model = network()
    folder = read_model(write_folder(tmp_path / "model", model, precision="float32"))
    assert folder.description == description(precision="float32")
    again = arrays_of(load_network(folder))
    assert again.keys() == arrays_of(model).keys()
    for name, array in arrays_of(model).items():
        np.testing.assert_array_equal(again[name], array)
        assert again[name].dtype == array.dtype
    image = np.random.default_rng(0).normal(size=(1, 8, 8, 8, 2)).astype("float32")
    np.testing.assert_array_equal(load_network(folder)(image), model(image))


def test_equal_runs_give_equal_bytes(tmp_path):
    one = write_folder(tmp_path / "one", network(seed=3))
    other = tmp_path / "somewhere" / "else"
    reversed_order = dict(reversed(arrays_of(network(seed=3)).items()))
    write_model(other, description(), reversed_order)
    assert sorted(path.name for path in one.iterdir()) == ["model.json", "weights.safetensors"]
    for path in one.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes()


def test_the_description_vouches_for_the_weights(tmp_path):
    folder = write_folder(tmp_path)
    record = json.loads((folder / "model.json").read_text())["weights"]
    assert record == {
        "file": "weights.safetensors",
        "sha256": sha256_file(folder / "weights.safetensors"),
    }


def test_what_could_not_be_read_again_is_not_written_and_spoils_nothing(tmp_path):
    write_folder(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match="`labels` must be a list"):
        write_folder(tmp_path, label_names=("background",))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_with_a_description_is_complete(tmp_path, monkeypatch):
    def full_disk(path, obj):
        assert (tmp_path / "weights.safetensors").is_file()
        raise OSError("no space left on device")

    write_folder(tmp_path)
    monkeypatch.setattr("kseg.bundle.write.write_json", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_folder(tmp_path, network(seed=2))
    assert not (tmp_path / "model.json").exists()
