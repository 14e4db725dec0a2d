"""Files and folders that are either still there or gone, whenever the power goes."""

import contextlib
from pathlib import Path

from kseg.storage import disk
from kseg.storage.temporary import discard, temporary_beside


def remove_file(path: str | Path) -> None:
    """Remove a file, so that it is gone before anything is written afterwards.

    Args:
        path: path of the file; nothing happens where there is none.

    Raises:
        OSError: if it cannot be removed.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "old.csv"
        >>> _ = file.write_text("1")
        >>> remove_file(file)
        >>> file.exists()
        False
    """
    path = Path(path)
    if path.exists() or path.is_symlink():
        disk.remove_file(path)
        # Else the file could come back beside what is written next.
        disk.flush_folder(path.parent)


def remove_folder(path: str | Path) -> None:
    """Remove a folder and all that is in it in one step: a half-emptied one never stands there.

    Args:
        path: path of the folder; nothing happens where there is none.

    Raises:
        OSError: if it cannot be removed.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "deep").mkdir()
        >>> remove_folder(folder)
        >>> folder.exists()
        False
    """
    path = Path(path)
    aside = temporary_beside(path)
    try:
        disk.rename(path, aside)
    except FileNotFoundError:
        return
    # Else the name could come back without all that was in it.
    disk.flush_folder(path.parent)
    # What is left of it under its temporary name goes with the next clean-up.
    with contextlib.suppress(OSError):
        discard(aside)
