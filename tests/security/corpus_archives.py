"""Malicious zips of a model."""

import zipfile
from pathlib import Path

from tests.bundle.archives import DEVICE, LINK, patched, zip_of
from tests.security.plain import plain_model

JSON, WEIGHTS = "model.json", "weights.safetensors"


def _members(folder: Path) -> dict[str, bytes]:
    inside = plain_model(folder / "m")
    return {path.name: path.read_bytes() for path in sorted(inside.iterdir())}


def _named(name, **changes):
    def build(folder: Path, canary: Path) -> Path:
        return zip_of(folder / "m.zip", {**_members(folder), name: b"x"}, **changes)

    return build


def _bomb(folder: Path, canary: Path) -> Path:
    members = {**_members(folder), WEIGHTS: bytes(100_000_000)}
    return zip_of(folder / "m.zip", members, compress_type=zipfile.ZIP_DEFLATED)


def _many(count):
    def build(folder: Path, canary: Path) -> Path:
        members = {f"{number:06}": b"" for number in range(count)}
        return zip_of(folder / "m.zip", {**_members(folder), **members})

    return build


def _twice(folder: Path, canary: Path) -> Path:
    members = {**_members(folder), "model.jsoX": b"{}"}
    return patched(zip_of(folder / "m.zip", members), b"model.jsoX", b"model.json")


def _nul(folder: Path, canary: Path) -> Path:
    return patched(zip_of(folder / "m.zip", {**_members(folder), "aXb": b""}), b"aXb", b"a\0b")


def _encrypted(folder: Path, canary: Path) -> Path:
    path = zip_of(folder / "m.zip", _members(folder))
    data = bytearray(path.read_bytes())
    for start in (data.find(b"PK\x03\x04") + 6, data.find(b"PK\x01\x02") + 8):
        data[start] |= 1
    path.write_bytes(data)
    return path


def _false_sizes(folder: Path, canary: Path) -> Path:
    members = _members(folder)
    size = len(members[WEIGHTS]).to_bytes(4, "little")
    huge = (3 << 30).to_bytes(4, "little")
    return patched(zip_of(folder / "m.zip", members), size * 2, huge * 2)


def _in_a_zip(folder: Path, canary: Path) -> Path:
    inner = zip_of(folder / "inner.zip", _members(folder))
    return zip_of(folder / "m.zip", {"inner.zip": inner.read_bytes()})


ITEMS = {
    "model": {
        "zip-slip": _named("../../evil.txt"),
        "zip-slip-with-backslashes": _named("..\\..\\evil.txt"),
        "zip-with-an-absolute-name": _named("/etc/cron.d/evil"),
        "zip-with-a-drive": _named("C:/evil.txt"),
        "zip-with-a-control-character": _named("a\x1b[2Jb"),
        "zip-with-a-folder-for-the-terminal": _named("\x9b2J/model.json"),
        "zip-with-a-nul": _nul,
        "zip-of-links": _named("x", external_attr=LINK),
        "zip-of-devices": _named("x", external_attr=DEVICE),
        "zip-in-lzma": _named("x", compress_type=zipfile.ZIP_LZMA),
        "zip-with-a-name-twice": _twice,
        "zip-with-names-that-differ-in-capitals": _named("Model.JSON"),
        "zip-bomb": _bomb,
        "zip-of-thousands": _many(3000),
        "zip-with-a-long-list-of-contents": _many(16_000),
        "zip-encrypted": _encrypted,
        "zip-with-false-sizes": _false_sizes,
        "zip-in-a-zip": _in_a_zip,
    }
}
