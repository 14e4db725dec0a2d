"""Whether a folder can be written to, asked before hours of work are put into it."""

from pathlib import Path

from kseg.storage import disk
from kseg.storage.atomic import make_folder
from kseg.storage.temporary import discard, remove_leftovers, temporary_beside

_PROBE_BYTES = 64 * 1024


def probe_folder(path: str | Path) -> None:
    """Write a file to a folder, see it on the disk, and remove it again.

    Args:
        path: path of the folder; made if missing.

    Raises:
        OSError: if the folder cannot be written to, or the disk is full.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "out"
        >>> probe_folder(folder)
        >>> list(folder.iterdir())
        []
    """
    folder = make_folder(path)
    # Among them the probe of a process that was killed here.
    remove_leftovers(folder, below=False)
    temporary = temporary_beside(folder / "probe")
    try:
        disk.write(temporary, [bytes(_PROBE_BYTES)])
        disk.flush_file(temporary)
    finally:
        discard(temporary)
