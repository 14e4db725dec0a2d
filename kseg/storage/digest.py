"""SHA-256 digests of files, bytes and plain data, as lower-case hex."""

import hashlib
import json
from pathlib import Path


def sha256_bytes(data: bytes) -> str:
    """Return the SHA-256 of some bytes.

    Args:
        data: bytes or any C-contiguous buffer, such as a numpy array.

    Returns:
        str, 64 lower-case hex digits.

    Example:
        >>> sha256_bytes(b"")[:16]
        'e3b0c44298fc1c14'
    """
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes, read in blocks.

    Args:
        path: path of the file, of any size.

    Returns:
        str, 64 lower-case hex digits.

    Raises:
        OSError: if the file cannot be read.

    Example:
        >>> sha256_file(__file__) == sha256_bytes(Path(__file__).read_bytes())
        True
    """
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_json(obj: object) -> str:
    """Return the SHA-256 of plain data, the same whatever the order of its keys.

    Args:
        obj: anything that JSON can hold. NaN and infinity cannot be told apart by every
            reader of JSON, so they are refused.

    Returns:
        str, 64 lower-case hex digits.

    Raises:
        TypeError: if `obj` holds something that JSON cannot.
        ValueError: if `obj` holds NaN or infinity.

    Example:
        >>> sha256_json({"a": 1, "b": 2}) == sha256_json({"b": 2, "a": 1})
        True
    """
    text = json.dumps(obj, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256_bytes(text.encode())
