import numpy as np
import pytest

from kseg.bundle import model_weights, read_shapes, read_weights, write_weights
from kseg.errors import ModelFileError
from tests.bundle.folders import network

ARRAYS = {
    "b/kernel": np.arange(12, dtype="float32").reshape(3, 4).T,
    "a": np.float32(2.5) * np.ones(()),
    "c/count": np.array([1, 2**40], "int64"),
    "empty": np.zeros((0, 3), "float32"),
}
SHAPES = {"b/kernel": (4, 3), "a": (), "c/count": (2,), "empty": (0, 3)}


@pytest.fixture
def file(tmp_path):
    write_weights(tmp_path / "weights.safetensors", ARRAYS)
    return tmp_path / "weights.safetensors"


def refused(function, *arguments):
    with pytest.raises(ModelFileError) as caught:
        function(*arguments)
    assert caught.value.file == str(arguments[0])
    assert caught.value.code == "KS-M02"
    assert caught.value.fix
    return caught.value.why


def test_arrays_come_back_bit_for_bit(file):
    assert read_shapes(file) == SHAPES
    read = read_weights(file, SHAPES)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == array.dtype


def test_only_what_is_wanted_is_read(file):
    assert list(read_weights(file, {"a": ()})) == ["a"]


def test_the_order_of_the_arrays_does_not_change_the_bytes(file, tmp_path):
    write_weights(tmp_path / "other", dict(reversed(ARRAYS.items())))
    assert (tmp_path / "other").read_bytes() == file.read_bytes()


def test_an_array_of_another_shape_is_refused(file):
    why = refused(read_weights, file, {"b/kernel": (3, 4)})
    assert "b/kernel must have the shape (3, 4). Received: shape (4, 3)" in why


def test_a_missing_array_is_refused(file):
    assert "d must have the shape (1,). Received: nothing" in refused(
        read_weights, file, {"d": (1,)}
    )


@pytest.mark.parametrize("kept", [0, 4, 40, -1])
def test_a_cut_off_file_is_refused(file, kept):
    file.write_bytes(file.read_bytes()[:kept])
    refused(read_shapes, file)
    refused(read_weights, file, SHAPES)


@pytest.mark.parametrize("data", [b"PK\x03\x04" * 20, b"\xff" * 64, b"\x08" + b"\0" * 7 + b"{}"])
def test_what_is_no_safetensors_file_is_refused(file, data):
    file.write_bytes(data)
    refused(read_shapes, file)


def test_a_missing_file_is_refused(tmp_path):
    refused(read_shapes, tmp_path / "gone")


def test_states_that_do_not_change_a_prediction_are_left_out():
    model = network(dropout=0.5, norm="batch")
    names = set(model_weights(model))
    assert len(names) == len(model.weights) < len(model.variables)
    assert "down_0_0/norm/moving_mean" in names
    assert not any("seed" in name for name in names)
