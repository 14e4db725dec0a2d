import io

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from kseg.bundle import model_weights, write_weights
from kseg.bundle.weights import inspect_weights, read_arrays
from kseg.storage import sha256_bytes
from tests.bundle.folders import network

ARRAYS = {
    "b/kernel": np.arange(12, dtype="float32").reshape(3, 4).T,
    "a": np.float32(2.5) * np.ones(()),
    "c/count": np.array([1, 2**40], "int64"),
    "d": np.array([True, False, True]),
    "empty": np.zeros((0, 3), "float32"),
}


def inspect(data, size=None):
    return inspect_weights(io.BytesIO(data), len(data) if size is None else size)


def test_arrays_come_back_bit_for_bit(tmp_path):
    write_weights(tmp_path / "w.safetensors", ARRAYS)
    data = (tmp_path / "w.safetensors").read_bytes()
    tensors, digest = inspect(data)
    assert digest == sha256_bytes(data)
    read = read_arrays(io.BytesIO(data), len(data), tensors, digest)
    for found in (read, load_file(tmp_path / "w.safetensors")):
        assert found.keys() == ARRAYS.keys()
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(found[name], array)
            assert found[name].dtype == array.dtype


def test_the_order_of_the_arrays_does_not_change_the_bytes(tmp_path):
    write_weights(tmp_path / "one", ARRAYS)
    write_weights(tmp_path / "other", dict(reversed(ARRAYS.items())))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("kept", [0, 4, 40, -1])
def test_a_cut_off_file_is_refused(kept):
    data = save({"a": np.ones(5, "float32")})
    with pytest.raises(ValueError):
        inspect(data[:kept])
    with pytest.raises(ValueError, match="bytes long"):
        # A file that ends before its own size, as one that shrinks while it is read.
        inspect(data[:-1], len(data))


def test_a_file_beyond_all_networks_is_refused_unread():
    with pytest.raises(ValueError, match="at most 4 GiB"):
        inspect(b"", 1 << 40)


def test_what_changed_since_it_was_inspected_is_refused():
    data = save({"a": np.ones(5, "float32")})
    tensors, digest = inspect(data)
    for other in (data[:-1], data + b"x", data[:-1] + b"x", b""):
        with pytest.raises(ValueError, match="was changed"):
            read_arrays(io.BytesIO(other), len(data), tensors, digest)


def test_states_that_do_not_change_a_prediction_are_left_out():
    model = network(dropout=0.5, norm="batch")
    names = set(model_weights(model))
    assert len(names) == len(model.weights) < len(model.variables)
    assert "down_0_0/norm/moving_mean" in names
    assert not any("seed" in name for name in names)
