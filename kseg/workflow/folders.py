"""Whether a folder of a run can be written to, asked before anything is put into it."""

from pathlib import Path

from kseg.errors import RunFolderError
from kseg.storage import probe_folder


def refuse_unwritable(folder: Path) -> None:
    """Refuse a folder that cannot be made or written to; one that can is made.

    Args:
        folder: path of the folder.

    Raises:
        RunFolderError: if it cannot.
    """
    try:
        probe_folder(folder)
    except OSError as error:
        raise RunFolderError(
            why=f"this folder cannot be written to: {error.strerror or error}",
            file=folder,
            fix="check its rights and the space on its disk, or give another one with --out for "
            "the run and --work for the caches",
            code="KS-G14",
        ) from error
