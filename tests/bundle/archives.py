"""Zips of a model folder, good ones and bad ones."""

import stat
import zipfile
from pathlib import Path


def zip_of(path: Path, members: dict[str, bytes], **changes) -> Path:
    """Write a zip; `changes` are attributes of each member's record, such as `external_attr`."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            for key, value in changes.items():
                setattr(info, key, value)
            archive.writestr(info, data)
    return path


def zip_model(path: Path, folder: Path, prefix="", **changes) -> Path:
    """Zip a model folder, under a folder within the zip if `prefix` is one."""
    files = sorted(folder.iterdir())
    return zip_of(path, {prefix + file.name: file.read_bytes() for file in files}, **changes)


def patched(path: Path, old: bytes, new: bytes) -> Path:
    """Replace bytes of a file by as many others, wherever they stand."""
    data = path.read_bytes()
    assert len(old) == len(new) and old in data
    path.write_bytes(data.replace(old, new))
    return path


LINK = (stat.S_IFLNK | 0o777) << 16
DEVICE = (stat.S_IFCHR | 0o666) << 16
