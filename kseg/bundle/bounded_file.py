"""A file that is never read in large pieces, whatever its headers make a reader ask for."""

import io
from typing import BinaryIO

LARGEST_READ = 1 << 20


class BoundedFile(io.BufferedIOBase):
    """A file for reading that refuses to hand out more than 1 MiB at once.

    The list of contents of a zip is read in one piece, whose size the zip itself gives; with this
    in between it can neither fill the memory nor list millions of members.

    Args:
        file: binary file, open for reading.

    Example:
        >>> BoundedFile(io.BytesIO(b"kseg")).read(2)
        b'ks'
    """

    def __init__(self, file: BinaryIO):
        self._file = file

    def read(self, size: int | None = -1) -> bytes:
        """Return up to `size` bytes.

        Raises:
            ValueError: if that would be more than 1 MiB.
        """
        everything = size is None or size < 0
        data = self._file.read(LARGEST_READ + 1 if everything else min(size, LARGEST_READ + 1))
        if len(data) > LARGEST_READ:
            raise ValueError(f"a part of it that must be at most {LARGEST_READ} bytes long is more")
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readable(self) -> bool:
        """Return True."""
        return True
