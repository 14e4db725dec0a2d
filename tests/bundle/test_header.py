import io
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load, save

from kseg.bundle.header import DTYPES, LARGEST_HEADER, MOST_TENSORS, Tensor, read_header

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(
    lambda name: name != "__metadata__"
)
ARRAYS = hnp.arrays(
    st.sampled_from([dtype for dtype, _ in DTYPES.values()]), hnp.array_shapes(min_dims=0)
)


def file_of(header, body=b"", length=None):
    """Return a safetensors file with a header given as data or as bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + body


def read(data):
    return read_header(io.BytesIO(data), len(data))


def entry(shape=(2,), first=0, last=8, dtype="F32", **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [first, last], **more}


@given(st.dictionaries(NAMES, ARRAYS, max_size=5))
def test_what_safetensors_writes_is_read_as_safetensors_reads_it(arrays):
    data = save(arrays)
    found = {tensor.name: tensor for tensor in read(data)}
    assert found.keys() == load(data).keys()
    for name, array in load(data).items():
        tensor = found[name]
        assert (tensor.shape, tensor.dtype) == (array.shape, str(array.dtype))
        length = math.prod(array.shape) * array.itemsize
        assert data[tensor.start : tensor.start + length] == array.tobytes()


GOOD = save({"a": np.arange(3, dtype="float32"), "b": np.zeros((2, 2), "int8")})


@settings(max_examples=300)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.integers(0, len(GOOD)))
def test_a_damaged_file_is_refused_wherever_safetensors_refuses_it(place, byte, kept):
    data = bytearray(GOOD)
    data[place] = byte
    data = bytes(data[:kept] if kept > place else data)
    try:
        found = read(data)
    except ValueError:
        return
    expected = load(data)
    assert {tensor.name: tensor.shape for tensor in found} == {
        name: array.shape for name, array in expected.items()
    }


@given(st.binary(max_size=80))
def test_any_bytes_give_tensors_or_a_value_error(data):
    try:
        assert all(isinstance(tensor, Tensor) for tensor in read(data))
    except ValueError:
        pass


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "its header must be"),
        (b"\x08" + b"\0" * 7, "its header must be"),
        (file_of({}, length=0), "its header must be"),
        (file_of({}, length=2**63), "its header must be"),
        (file_of({}, b"x" * 2 * LARGEST_HEADER, LARGEST_HEADER + 1), "its header must be"),
        (b"\x89HDF\r\n\x1a\n" + bytes(4096), "its header must be"),
        (b"PK\x03\x04" * 100, "its header must be"),
        (file_of(b"[]"), "must hold a JSON object"),
        (file_of(b"{" * 900_000), "nest"),
        (file_of({"a": entry()}, bytes(7)), "must fill the file"),
        (file_of({"a": entry()}, bytes(9)), "must fill the file"),
        (file_of({"a": entry()}), "must"),
        (file_of({"a": entry((2**40, 2**40), 0, 8)}, bytes(8)), "a whole number"),
        (file_of({"a": entry((3,), 0, 8)}, bytes(8)), "12 bytes apart"),
        (file_of({"a": entry((-2,), 0, 8)}, bytes(8)), "'a'.shape.0"),
        (file_of({"a": entry((1,) * 9, 0, 4)}, bytes(4)), "'a'.shape"),
        (file_of({"a": entry((True, 2), 0, 8)}, bytes(8)), "'a'.shape.0"),
        (file_of({"a": entry((2,), 8, 0)}, bytes(8)), "bytes apart"),
        (file_of({"a": entry(dtype="O")}, bytes(8)), "'a'.dtype"),
        (file_of({"a": entry(dtype="BF16", shape=[4])}, bytes(8)), "'a'.dtype"),
        (file_of({"a": entry(evil=1)}, bytes(8)), "must not be there"),
        (file_of({"a": {"dtype": "F32", "shape": [2]}}, bytes(8)), "data_offsets"),
        (file_of({"a": entry(), "b": entry()}, bytes(8)), "must begin at byte 8"),
        (file_of({"a": entry((1,), 0, 4), "b": entry((1,), 8, 12)}, bytes(12)), "begin at byte 4"),
        (file_of({"a": entry((1,), 4, 8)}, bytes(8)), "must begin at byte 0"),
        (file_of({"a" * 2000: entry()}, bytes(8)), "at most 1000 characters"),
        (file_of({"\ud800": entry()}, bytes(8)), "text"),
        (file_of({"__metadata__": {"a": 1}}), "must be a text"),
        (file_of({"__metadata__": "x"}), "must be a mapping"),
        (file_of(b'{"a": {}, "a": {}}'), "must stand once"),
    ],
)
def test_a_header_that_lies_is_refused_with_its_reason(data, why):
    with pytest.raises(ValueError, match=why):
        read(data)


def test_more_arrays_than_any_network_has_are_refused():
    header = {str(number): entry((0,), 0, 0) for number in range(MOST_TENSORS + 1)}
    with pytest.raises(ValueError, match="its header must be|at most 10000 arrays"):
        read(file_of(header))


def test_notes_of_other_programs_are_skipped():
    data = file_of({"__metadata__": {"format": "pt"}, "a": entry()}, bytes(8))
    assert [tensor.name for tensor in read(data)] == ["a"]


def test_the_largest_network_that_is_built_fits_a_header():
    """nnU-Net's largest has some 300 arrays; names of 60 letters take 150 bytes each."""
    arrays = {f"down_{n}_0/" + "x" * 50: np.zeros((1,) * 5, "float32") for n in range(5000)}
    data = save(arrays)
    assert len(read(data)) == 5000 and int.from_bytes(data[:8], "little") < LARGEST_HEADER
