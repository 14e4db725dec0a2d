"""Malicious weights, each vouched for by its `model.json`."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from tests.security import payloads
from tests.security.plain import plain_model, vouch


def _bytes(make):
    def build(folder: Path, canary: Path) -> Path:
        (plain_model(folder) / "weights.safetensors").write_bytes(make(canary))
        return vouch(folder)

    return build


def _hdf5(fill):
    return _bytes(lambda canary: payloads.hdf5(fill))


def _beside(fill):
    """Return a maker of a folder whose weights are in `weights.h5` alone."""

    def build(folder: Path, canary: Path) -> Path:
        (plain_model(folder) / "weights.safetensors").unlink()
        (folder / "weights.h5").write_bytes(payloads.hdf5(fill))
        return folder

    return build


def _header(entries, body=b"", length=None):
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    size = len(text) if length is None else length
    return _bytes(lambda canary: size.to_bytes(8, "little") + text + body)


def _tensor(shape=(2,), offsets=(0, 8), dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def _sparse(size, header=b""):
    def build(folder: Path, canary: Path) -> Path:
        with (plain_model(folder) / "weights.safetensors").open("wb") as file:
            file.write(header)
            file.truncate(size)
        return folder

    return build


def _unlike(folder: Path, canary: Path) -> Path:
    data = save({"a": np.full((3, 4), np.nan, "f4")})
    (plain_model(folder) / "weights.safetensors").write_bytes(data)
    return vouch(folder)


def _claiming(bytes_of_data):
    text = json.dumps({"a": _tensor([bytes_of_data // 4], [0, bytes_of_data])}).encode()
    return len(text).to_bytes(8, "little") + text


_MANY = {str(number): _tensor([0], [0, 0]) for number in range(20_000)}

ITEMS = {
    "model": {
        "hdf5-external-link": _hdf5(payloads.external_link),
        "hdf5-external-storage": _hdf5(payloads.external_storage),
        "hdf5-virtual-data": _hdf5(payloads.virtual_data),
        "hdf5-shape-bomb": _hdf5(payloads.shape_bomb),
        "weights-h5-external-link": _beside(payloads.external_link),
        "weights-h5-external-storage": _beside(payloads.external_storage),
        "weights-h5-virtual-data": _beside(payloads.virtual_data),
        "keras-file-as-weights": _bytes(
            lambda canary: payloads.keras_file(payloads.lambda_layer(canary))
        ),
        "pickle-as-weights": _bytes(payloads.pickled),
        "object-npy": _bytes(payloads.object_npy),
        "object-npz": _bytes(payloads.object_npz),
        "npy-of-32-gib": _bytes(lambda canary: payloads.endless_npy()),
        "header-of-exabytes": _header(b"{}", length=2**63),
        "header-of-100-mb": _header(b"{}", bytes(2 << 20), length=100_000_000),
        "header-nested-3000-deep": _header(b'{"a":' * 3000 + b"1" + b"}" * 3000),
        "header-is-a-list": _header(b"[" * 1000 + b"]" * 1000),
        "shape-bomb": _header({"a": _tensor([2**40, 2**40], [0, 8])}, bytes(8)),
        "shape-that-overflows": _header({"a": _tensor([2**32, 2**32], [0, 0])}),
        "negative-shape": _header({"a": _tensor([-2, -1])}, bytes(8)),
        "arrays-upon-one-another": _header({"a": _tensor(), "b": _tensor()}, bytes(8)),
        "array-beyond-the-end": _header({"a": _tensor([200], [0, 800])}, bytes(8)),
        "bytes-that-no-array-has": _header({"a": _tensor()}, bytes(800)),
        "array-of-objects": _header({"a": _tensor(dtype="O")}, bytes(8)),
        "array-named-like-a-path": _header({"../../etc/x": _tensor(), "a": 1}, bytes(8)),
        "array-named-for-the-terminal": _header(
            {"\x1b[2J": _tensor([1], [0, 4]), "\x1b[3J": _tensor([1], [8, 12])}, bytes(12)
        ),
        "arrays-by-the-thousand": _header(_MANY),
        "200-mb-sparse-weights": _sparse(200_000_000),
        "200-mb-sparse-that-fit-their-header": _sparse(
            len(_claiming(200_000_000)) + 200_000_000, _claiming(200_000_000)
        ),
        "terabyte-sparse-weights": _sparse(1 << 40, _claiming(1 << 39)),
    },
    "weights": {"weights-that-are-no-numbers": _unlike},
}
