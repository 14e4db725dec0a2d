"""Weights as safetensors: names, shapes and numbers, nothing that could run."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from safetensors.numpy import save

from kseg.bundle.header import Tensor, read_header
from kseg.storage import write_bytes

if TYPE_CHECKING:  # A folder can be read, and refused, without waiting for Keras.
    import keras

# More weights than any network for volumes has, and than most machines could hold twice.
MOST_BYTES = 4 << 30
_BLOCK = 1 << 20


def write_weights(path: Path, weights: Mapping[str, np.ndarray]) -> None:
    """Write named arrays as one safetensors file, whole or not at all.

    Args:
        path: path of the file.
        weights: arrays by name.
    """
    ordered = {name: np.asarray(weights[name], order="C") for name in sorted(weights)}
    write_bytes(path, save(ordered))


def inspect_weights(stream: BinaryIO, size: int) -> tuple[tuple[Tensor, ...], str]:
    """Return what a safetensors file holds, and its digest, in a memory of a few MiB.

    Args:
        stream: binary stream at the start of the file.
        size: int, bytes of the file.

    Returns:
        Tensors in the order of their bytes, and the SHA-256 of the file in hex digits.

    Raises:
        ValueError: if the file is too large, no safetensors, damaged, or of another size.
    """
    if size > MOST_BYTES:
        raise ValueError(f"it must have at most {MOST_BYTES >> 30} GiB. Received: {size} bytes")
    watched = _Hashing(stream)
    tensors = read_header(watched, size)
    while watched.read(_BLOCK):
        pass
    if watched.count != size:
        raise ValueError(f"it must be {size} bytes long. Received: {watched.count}")
    return tensors, watched.digest.hexdigest()


def read_arrays(
    stream: BinaryIO, size: int, tensors: Sequence[Tensor], digest: str
) -> dict[str, np.ndarray]:
    """Read a file that has been inspected, in one piece, and hand out views of it.

    Args:
        stream: binary stream at the start of the file.
        size: int, bytes of the file.
        tensors: what `inspect_weights` found.
        digest: str, the SHA-256 that it found; what is read now must have the same.

    Returns:
        Dict from name to array. Together they take the memory of the file once.

    Raises:
        ValueError: if the file is another one by now, or a weight is NaN or infinite.
    """
    data = bytearray(min(size, MOST_BYTES))
    view, filled = memoryview(data), 0
    while count := stream.readinto(view[filled : filled + _BLOCK]):
        filled += count
    # Of the bytes that are used, not of the file: somebody may write to it meanwhile.
    if filled != size or stream.read(1) or hashlib.sha256(data).hexdigest() != digest:
        raise ValueError("it was changed while it was being read")
    arrays = {tensor.name: _array(data, tensor) for tensor in tensors}
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{name!r:.100} must hold finite numbers. Received: NaN or infinity")
    return arrays


def model_weights(model: "keras.Model") -> dict[str, "keras.Variable"]:
    """Return the variables that a model's output depends on, by their paths.

    Args:
        model: built Keras model.

    Returns:
        Dict from path, such as `"down_0_0/convolution/kernel"`, to variable. States of random
        generators are left out: they do not change a prediction.
    """
    return {variable.path: variable for variable in model.weights}


def _array(data: bytearray, tensor: Tensor) -> np.ndarray:
    return np.ndarray(tensor.shape, tensor.dtype, data, tensor.start)


class _Hashing:
    """A stream whose digest and length are known once it has been read."""

    def __init__(self, stream: BinaryIO):
        self._stream = stream
        self.digest = hashlib.sha256()
        self.count = 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.digest.update(data)
        self.count += len(data)
        return data
