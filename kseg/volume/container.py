"""The container of a NIfTI file: plain or gzip by its bytes, read once, checked to its end."""

import contextlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from isal import igzip, isal_zlib

from kseg.errors import VolumeError
from kseg.volume.findings import Finding, refusal, repair

GZIP_MAGIC = b"\x1f\x8b"

# Deflate cannot shrink anything by more than 1032:1, so a file that claims more is lying.
MAX_EXPANSION = 1100

_BLOCK_BYTES = 256 * 1024

# How far a refused stream is searched for damage that would explain the refusal better.
_DAMAGE_SEARCH_BYTES = 256 * 1024**2

_COPY_AGAIN = "copy or download the file again; the original may still be good"


class Container:
    """The bytes inside one file, decompressed as they are read.

    Args:
        path: path of the file, for messages.
        file: binary file, opened at its start.
        stored_bytes: int, size of the file.
    """

    def __init__(self, path: Path, file: BinaryIO, stored_bytes: int):
        self.path = path
        self.stored_bytes = stored_bytes
        self.compressed = file.read(2) == GZIP_MAGIC
        file.seek(0)
        self._stream = igzip.IGzipFile(fileobj=file, mode="rb") if self.compressed else file
        self.position = 0
        self.expected_bytes: int | None = None

    @property
    def largest_bytes(self) -> int:
        """The most bytes that this file can hold, whatever its header says."""
        return self.stored_bytes * (MAX_EXPANSION if self.compressed else 1)

    def take(self, count: int) -> bytes:
        """Return the next bytes, fewer at the end.

        Args:
            count: int, how many.

        Returns:
            bytes.

        Raises:
            VolumeError: if the compressed data are damaged.
        """
        parts = []
        while count > 0 and (part := self._read_some(count)):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def fill(self, buffer: memoryview) -> int:
        """Read into a buffer.

        Args:
            buffer: writable memoryview of bytes.

        Returns:
            int, the bytes filled: fewer than the buffer holds only at the end of the file.

        Raises:
            VolumeError: if the compressed data are damaged.
        """
        filled = 0
        while filled < len(buffer) and (part := self._read_some(len(buffer) - filled)):
            buffer[filled : filled + len(part)] = part
            filled += len(part)
        return filled

    def drain(self, limit: int | None = None) -> int:
        """Read on without keeping anything, to the end or over so many bytes.

        Only at the end does gzip compare its checksum and length.

        Args:
            limit: int or None, how many bytes at most.

        Returns:
            int, the bytes read.

        Raises:
            VolumeError: if the compressed data are damaged.
        """
        start = self.position
        while limit is None or self.position - start < limit:
            left = _BLOCK_BYTES if limit is None else limit - (self.position - start)
            if not self._read_some(left):
                break
        return self.position - start

    def look_for_damage(self) -> None:
        """Raise if the rest of a refused file shows damage, the likely cause of the refusal.

        Raises:
            VolumeError: if the compressed data are damaged.
        """
        if self.compressed:
            self.drain(_DAMAGE_SEARCH_BYTES)

    def _read_some(self, most: int) -> bytes:
        try:
            part = self._stream.read1(min(most, _BLOCK_BYTES))
        except EOFError as error:
            raise self._ended_early() from error
        except (igzip.BadGzipFile, isal_zlib.error) as error:
            raise self._damaged(error) from error
        except OSError as error:
            raise unreadable(self.path, error) from error
        self.position += len(part)
        return part

    def _damaged(self, error: Exception) -> VolumeError:
        # A checksum or length that fails is A02; a stream that makes no sense is A03.
        code = "A02" if isinstance(error, igzip.BadGzipFile) else "A03"
        why = f"its compressed data are damaged ({error}): some voxels would be wrong"
        return refusal(code, self.path, why, _COPY_AGAIN)

    def _ended_early(self) -> VolumeError:
        found = _count_decodable(self.path)
        expected = self.expected_bytes
        if expected is None:
            why = f"its compressed data end after {found:,} bytes, inside the header"
            return refusal("A01", self.path, why, _COPY_AGAIN)
        if found >= expected:
            why = "its compressed data lack their last bytes, the checksum: the copy was cut short"
            return refusal("A02", self.path, why, _COPY_AGAIN)
        why = (
            f"its compressed data end after {100 * found // expected} % "
            f"of the expected {expected:,} bytes"
        )
        return refusal("A01", self.path, why, _COPY_AGAIN)


@contextlib.contextmanager
def open_container(path: Path) -> Iterator[Container]:
    """Open a file and find out from its bytes whether it is compressed.

    Args:
        path: path of the file; its extension is not believed.

    Yields:
        Container at its first byte.

    Raises:
        VolumeError: if the file cannot be opened (KS-E05) or is empty (KS-A04).
    """
    try:
        # A pipe would wait for ever, a device never end.
        if path.exists() and not path.is_file():
            raise refusal("E05", path, "it is not a file", "give the path of an image file")
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    with file:
        stored_bytes = path.stat().st_size
        if stored_bytes == 0:
            raise refusal("A04", path, "it is empty (0 bytes)", _COPY_AGAIN)
        yield Container(path, file, stored_bytes)


def unreadable(path: Path, error: Exception) -> VolumeError:
    """Return the refusal of a file that the system will not read.

    Args:
        path: path of the file.
        error: exception that the system gave.

    Returns:
        VolumeError with code KS-E05.
    """
    reason = getattr(error, "strerror", None) or error
    return refusal("E05", path, f"it cannot be read: {reason}", "check the path and its rights")


def name_findings(container: Container) -> list[Finding]:
    """Compare the file's extension with what its bytes say.

    Args:
        container: open Container.

    Returns:
        list of Finding: a repair (KS-A05 or KS-A06) where they differ.
    """
    path, name = container.path, container.path.name.lower()
    if name.endswith(".gz") and not container.compressed:
        why = "it is named .gz but is not compressed; it was read as plain NIfTI"
        return [repair("A05", path, why, "rename it to end in .nii")]
    if not name.endswith(".gz") and container.compressed:
        why = "it is compressed by gzip but not named .gz; it was decompressed"
        return [repair("A06", path, why, "rename it to end in .nii.gz")]
    return []


def _count_decodable(path: Path) -> int:
    # Only for the message: the fast reader does not say how far it came. Blocks are small, since
    # each may grow a thousandfold.
    decoder, count = zlib.decompressobj(wbits=31), 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES // 16):
                count += len(decoder.decompress(block))
    except (OSError, zlib.error):
        pass
    return count
