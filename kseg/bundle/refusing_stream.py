"""A stream that tells what is wrong with the file it reads, and with nothing else."""

import io
from collections.abc import Callable
from typing import BinaryIO

from kseg.errors import ModelFileError


class RefusingStream(io.BufferedIOBase):
    """A stream for reading whose failures become errors that name the model.

    Whoever reads a model often writes something meanwhile; a full disk there is no fault of the
    model. So only what goes wrong in here is taken for one.

    Args:
        stream: binary stream, open for reading.
        refuse: function of what went wrong that returns the error to raise.

    Example:
        >>> RefusingStream(io.BytesIO(b"kseg"), lambda error: error).read(2)
        b'ks'
    """

    def __init__(self, stream: BinaryIO, refuse: Callable[[Exception], ModelFileError]):
        self._stream = stream
        self._refuse = refuse

    def read(self, size: int | None = -1) -> bytes:
        """Return up to `size` bytes.

        Raises:
            ModelFileError: if they cannot be read.
        """
        try:
            return self._stream.read(size)
        except Exception as error:
            # The standard library answers a damaged zip with a dozen kinds of exceptions.
            raise self._refuse(error) from error

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer as far as there is something, and return how many bytes that were.

        Raises:
            ModelFileError: if they cannot be read.
        """
        try:
            return self._stream.readinto(buffer)
        except Exception as error:
            raise self._refuse(error) from error

    def readable(self) -> bool:
        """Return True."""
        return True
