"""Bytes that survive a crash: atomic files, folder locks, digests."""

from kseg.storage.atomic import atomic_path, make_folder, write_bytes, write_json, write_text
from kseg.storage.digest import sha256_bytes, sha256_file, sha256_json
from kseg.storage.lock import FolderLock

__all__ = [
    "FolderLock",
    "atomic_path",
    "make_folder",
    "sha256_bytes",
    "sha256_file",
    "sha256_json",
    "write_bytes",
    "write_json",
    "write_text",
]
