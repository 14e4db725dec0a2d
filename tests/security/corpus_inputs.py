"""Malicious recipes, data sets and scans."""

import gzip
import struct
from pathlib import Path

from tests.security import payloads

START = "kseg: 1\nfit: {steps: 1}\n"
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)


def _recipe(make):
    def build(folder: Path, canary: Path) -> Path:
        made = make(canary) if callable(make) else make
        data = made if isinstance(made, bytes) else made.encode()
        (folder / "recipe.yaml").write_bytes(data)
        return folder / "recipe.yaml"

    return build


def _scan(name, make):
    def build(folder: Path, canary: Path) -> Path:
        (folder / name).write_bytes(make(canary))
        return folder / name

    return build


def _manifest(make):
    def build(folder: Path, canary: Path) -> Path:
        (folder / "dataset.json").write_bytes(make(canary))
        return folder

    return build


def _endless_nifti(canary: Path) -> bytes:
    """Return a header that claims 32 TiB, and no voxels."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, 32767, 32767, 32767, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 16, 32)
    struct.pack_into("<8f", header, 76, 1, 1, 1, 1, 0, 0, 0, 0)
    struct.pack_into("<f", header, 108, 352)
    header[344:348] = b"n+1\0"
    return bytes(header)


ITEMS = {
    "recipe": {
        "python-object-apply": _recipe(
            lambda canary: f'{START}name: !!python/object/apply:os.system ["touch {canary}"]\n'
        ),
        "python-name": _recipe(START + "name: !!python/name:os.system\n"),
        "python-module": _recipe(START + "name: !!python/module:antigravity\n"),
        "python-object-new": _recipe(START + "name: !!python/object/new:subprocess.Popen [[id]]\n"),
        "alias-bomb": _recipe(START + "name: a\n" + BOMB),
        "alias-of-itself": _recipe(START + "name: &x [*x]\n"),
        "recipe-nested-3000-deep": _recipe(START + "name: " + "[" * 3000 + "]" * 3000),
        "recipe-of-2-mib": _recipe(START + "name: " + "x" * (2 << 20)),
        "recipe-is-a-pickle": _recipe(payloads.pickled),
        "recipe-with-a-directive": _recipe("%TAG ! tag:yaml.org,2002:python/\n---\nkseg: 1\n"),
    },
    "data set": {
        "manifest-nested-3000-deep": _manifest(lambda canary: b"[" * 3000 + b"]" * 3000),
        "manifest-is-a-pickle": _manifest(payloads.pickled),
    },
    "scan": {
        "scan-is-a-pickle": _scan("scan.nii", payloads.pickled),
        "scan-of-objects": _scan("scan.npy", payloads.object_npy),
        "scan-of-objects-named-nifti": _scan("scan.nii", payloads.object_npy),
        "scan-of-32-gib": _scan("scan.npy", lambda canary: payloads.endless_npy()),
        "scan-that-claims-32-tib": _scan("scan.nii", _endless_nifti),
        "scan-that-claims-32-tib-compressed": _scan(
            "scan.nii.gz", lambda canary: gzip.compress(_endless_nifti(canary))
        ),
        "scan-is-hdf5": _scan("scan.nii.gz", lambda canary: payloads.hdf5(payloads.external_link)),
    },
}
