"""Whether a folder can be written to, asked before hours of work are put into it."""

from pathlib import Path

from kseg.storage import disk
from kseg.storage.atomic import make_folder
from kseg.storage.temporary import discard, temporary_beside

_PROBE_BYTES = 64 * 1024


def probe_folder(path: str | Path, size: int = _PROBE_BYTES) -> None:
    """Write a file to a folder, see it on the disk, and remove it again.

    Args:
        path: path of the folder; made if missing.
        size: int, bytes to write.

    Raises:
        OSError: if the folder cannot be written to, or the disk has no room for so many bytes.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "out"
        >>> probe_folder(folder)
        >>> list(folder.iterdir())
        []
    """
    temporary = temporary_beside(make_folder(path) / "probe")
    try:
        disk.write(temporary, [bytes(size)])
        disk.flush_file(temporary)
    finally:
        discard(temporary)
