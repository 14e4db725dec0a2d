import subprocess
import sys

import keras
import numpy as np
import pytest

import kseg.parts  # noqa: F401 -- registers the layers for `load_model`
from kseg.bundle import load_network, read_model
from kseg.errors import ModelFileError
from kseg.export import write_keras
from tests.bundle.folders import ARGUMENTS, write_folder

IMAGE = np.random.default_rng(0).normal(size=(1, 8, 8, 8, 2)).astype("float32")
PROGRAM = """
import sys
import keras
import numpy as np
import kseg.parts
model = keras.saving.load_model(sys.argv[1])
np.save(sys.argv[3], model.predict(np.load(sys.argv[2]), verbose=0))
"""


def logits(model):
    return np.asarray(model(IMAGE, training=False))


def test_a_fresh_process_with_ksegs_parts_gives_the_same_logits(tmp_path):
    folder = read_model(write_folder(tmp_path / "m", precision="bfloat16"))
    write_keras(folder, tmp_path / "m.keras")
    np.save(tmp_path / "image.npy", IMAGE)
    files = [tmp_path / name for name in ("m.keras", "image.npy", "logits.npy")]
    subprocess.run([sys.executable, "-c", PROGRAM, *files], check=True, capture_output=True)
    found = np.load(tmp_path / "logits.npy")
    assert found.dtype == np.float32 and found.std() > 0
    np.testing.assert_allclose(found, logits(load_network(folder)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"block": "residual", "squeeze_excitation": True, "norm": "batch", "dropout": 0.5},
        {"attention": True, "downsample": "trainable", "deep_supervision": 0},
    ],
)
def test_every_kind_of_network_comes_back_without_its_auxiliary_heads(tmp_path, changes):
    from tests.bundle.folders import network

    arguments = {**ARGUMENTS, **changes}
    write_folder(tmp_path / "m", network(**changes), arguments=arguments, precision="float32")
    folder = read_model(tmp_path / "m")
    write_keras(folder, tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert [tuple(output.shape) for output in again.outputs] == [(None, None, None, None, 3)]
    assert not any("head_1" in variable.path for variable in again.weights)
    np.testing.assert_array_equal(logits(again), logits(load_network(folder)))


def test_a_model_that_cannot_be_used_leaves_no_file(tmp_path):
    write_folder(tmp_path / "m", arguments={**ARGUMENTS, "filters": 3})
    with pytest.raises(ModelFileError):
        write_keras(read_model(tmp_path / "m"), tmp_path / "out" / "m.keras")
    assert not (tmp_path / "out").exists()


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    folder = read_model(write_folder(tmp_path / "m"))
    (tmp_path / "m.keras").write_bytes(b"old")

    def full(model, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", full)
    with pytest.raises(OSError, match="No space"):
        write_keras(folder, tmp_path / "m.keras")
    assert (tmp_path / "m.keras").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m", "m.keras"]
