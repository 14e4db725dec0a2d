"""The header of a safetensors file: what lies where, checked before any of it is read."""

import math
from dataclasses import dataclass
from typing import BinaryIO

from kseg.bundle.field import Field
from kseg.bundle.strict_json import MOST_BYTES, read_json

# A tensor takes some 130 bytes of it, so that 1 MiB is enough for 8000; nnU-Net's largest network
# has some 300. The format itself allows 100 MB, which a file could make any reader parse.
LARGEST_HEADER = MOST_BYTES
MOST_TENSORS, MOST_AXES = 10_000, 8
# What numpy knows by itself; the numbers are bytes.
DTYPES = {
    "BOOL": ("bool", 1), "U8": ("uint8", 1), "I8": ("int8", 1), "U16": ("uint16", 2),
    "I16": ("int16", 2), "F16": ("float16", 2), "U32": ("uint32", 4), "I32": ("int32", 4),
    "F32": ("float32", 4), "U64": ("uint64", 8), "I64": ("int64", 8), "F64": ("float64", 8),
}  # fmt: skip


@dataclass(frozen=True)
class Tensor:
    """One array of a file.

    Args:
        name: str.
        dtype: str, numpy's word.
        shape: ints.
        start: int, its first byte, counted from the start of the file.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int


def read_header(stream: BinaryIO, size: int) -> tuple[Tensor, ...]:
    """Read the header of a safetensors file and check that it tells the truth about the rest.

    Args:
        stream: binary stream at the start of the file; it is left at the end of the header.
        size: int, bytes of the file.

    Returns:
        Tensors in the order of their bytes.

    Raises:
        ValueError: if the header is longer than 1 MiB or no such header, or if the bytes after it
            are not exactly those of the arrays that it names.
    """
    length = int.from_bytes(stream.read(8), "little") if size >= 8 else 0
    if not 0 < length <= min(LARGEST_HEADER, size - 8):
        raise ValueError(
            f"its header must be from 1 to {LARGEST_HEADER} bytes long, and within the file. "
            f"Received: {length} of {size} bytes"
        )
    entries = read_json(stream.read(length))
    _check_notes(Field(entries.pop("__metadata__", {}), "__metadata__"))
    if len(entries) > MOST_TENSORS:
        raise ValueError(f"it must hold at most {MOST_TENSORS} arrays. Received: {len(entries)}")
    start = 8 + length
    places = sorted(
        (_place(name, Field(entry, f"{name!r:.100}"), size) for name, entry in entries.items()),
        key=lambda place: place[:2],
    )
    end = 0
    for first, last, tensor in places:
        if first != end:
            raise ValueError(
                f"{tensor.name!r:.100} must begin at byte {end}. Received: byte {first}"
            )
        end = last
    if start + end != size:
        raise ValueError(f"its arrays must fill the file of {size} bytes. Received: {start + end}")
    return tuple(
        Tensor(tensor.name, tensor.dtype, tensor.shape, start + first)
        for first, _, tensor in places
    )


def _place(name: str, field: Field, size: int) -> tuple[int, int, Tensor]:
    """Return where an array begins and ends among the arrays' bytes, and what it is."""
    Field(name, f"{name!r:.100}").text()
    keys = field.keys("dtype", "shape", "data_offsets")
    dtype, width = DTYPES[keys["dtype"].word(DTYPES)]
    shape = tuple(axis.whole(0, size) for axis in keys["shape"].entries(0, MOST_AXES))
    first, last = (offset.whole(0, size) for offset in keys["data_offsets"].entries(2, 2))
    if last - first != math.prod(shape) * width:
        raise keys["data_offsets"].wrong(f"{math.prod(shape) * width} bytes apart, as its shape is")
    return first, last, Tensor(name, dtype, shape, first)


def _check_notes(field: Field) -> None:
    """Check what the format calls metadata: texts, which kseg neither writes nor reads."""
    for note in field.keys(*(field.value if isinstance(field.value, dict) else ())).values():
        if not isinstance(note.value, str):
            raise note.wrong("a text")
