"""Bytes that survive a crash: atomic files, folder locks, digests."""

from kseg.storage.array_file import open_array
from kseg.storage.aside import move_aside
from kseg.storage.atomic import (
    append_line,
    atomic_path,
    create_file,
    make_folder,
    write_bytes,
    write_json,
    write_text,
)
from kseg.storage.digest import sha256_bytes, sha256_file, sha256_json
from kseg.storage.lock import FolderLock
from kseg.storage.probe import probe_folder
from kseg.storage.remove import remove_file, remove_folder
from kseg.storage.temporary import remove_leftovers

__all__ = [
    "FolderLock",
    "append_line",
    "atomic_path",
    "create_file",
    "make_folder",
    "move_aside",
    "open_array",
    "probe_folder",
    "remove_file",
    "remove_folder",
    "remove_leftovers",
    "sha256_bytes",
    "sha256_file",
    "sha256_json",
    "write_bytes",
    "write_json",
    "write_text",
]
